"""How many devices a gateway and a broker bear, and so how many of them estates, a street or a city need."""

from .answer import Answer, Row, answer
from .demand import Demand, demand_of
from .limits import Broker, Gateway

__all__ = ["Answer", "Broker", "Demand", "Gateway", "Row", "answer", "demand_of"]
