"""The state machine: begin reading at `assay.state.transition`."""
