select copies.landing_id
from {{ ref('int_event_copies') }} as copies
inner join {{ ref('int_reservation_owners') }} as owners
    on
        copies.account_sid = owners.account_sid
        and copies.reservation_sid = owners.reservation_sid
where
    copies.event_type like 'reservation.%'
    and (copies.task_sid != owners.task_sid or copies.worker_sid != owners.worker_sid)
