"""`lilong capacity`: how many gateways and brokers estates, a street or a city need, and what decides it."""
