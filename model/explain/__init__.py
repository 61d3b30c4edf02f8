"""Why did the model say that: attributions, their agreement with attention, and their faithfulness."""
