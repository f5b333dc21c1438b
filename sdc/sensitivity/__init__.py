"""Which cells must be hidden by the rules, and what is demanded of them? Demands on a system."""

from sdc.sensitivity.demands import problem

__all__ = ["problem"]
