"""What `assayd doctor` looks at: one module a subject, each a function that returns findings."""
