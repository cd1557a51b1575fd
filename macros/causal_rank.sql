{#- What comes first among events of one task, or of one worker, at the same millisecond. -#}
{% macro causal_rank(event_type) -%}
    case
        when {{ event_type }} = 'workflow.entered' then 1
        when {{ event_type }} = 'task.created' then 2
        when {{ event_type }} = 'task.transfer-initiated' then 3
        when {{ event_type }} in ('task-queue.entered', 'task-queue.moved') then 4
        when {{ event_type }} in (
            'workflow.target-matched', 'workflow.skipped', 'task-queue.timeout'
        ) then 5
        when {{ event_type }} = 'reservation.created' then 6
        when {{ event_type }} = 'reservation.accepted' then 7
        when {{ event_type }} in (
            'reservation.rejected', 'reservation.timeout', 'reservation.canceled',
            'reservation.rescinded', 'reservation.failed'
        ) then 8
        when {{ event_type }} = 'task.updated' then 9
        when {{ event_type }} = 'task.transfer-attempt-failed' then 10
        when {{ event_type }} = 'reservation.wrapup' then 11
        when {{ event_type }} = 'task.wrapup' then 12
        when {{ event_type }} = 'reservation.completed' then 13
        when {{ event_type }} in (
            'task.transfer-completed', 'task.transfer-failed', 'task.transfer-canceled'
        ) then 14
        when {{ event_type }} = 'workflow.timeout' then 15
        when {{ event_type }} in ('task.completed', 'task.canceled') then 16
        when {{ event_type }} in ('task.deleted', 'task.system-deleted') then 17

        when {{ event_type }} = 'worker.created' then 1
        when {{ event_type }} in (
            'worker.attributes.update', 'worker.capacity.update',
            'worker.channel.availability.update'
        ) then 2
        when {{ event_type }} = 'worker.activity.update' then 3
        when {{ event_type }} = 'worker.deleted' then 4
        else 18
    end
{%- endmacro %}

{#- The total order of a task's and of a worker's events. -#}
{% macro causal_order() -%}
    event_at, causal_rank, coalesce(task_version, -1), coalesce(reservation_version, -1),
    coalesce(worker_version, -1), event_sid, event_type
{%- endmacro %}
