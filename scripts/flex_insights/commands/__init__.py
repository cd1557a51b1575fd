"""The commands of `flex-insights`, one module each. They import what they need when they run."""
