"""What a vision-language model is told: one Markdown template per language and task, filled by `render`."""
