"""What people read about the marts and metrics, made from what dbt knows of them."""
