"""The Dream workspace: deep dream, optimal stimuli, the feature wall and style transfer."""
