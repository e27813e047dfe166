"""Which pictures a network takes for alike: features, neighbours, maps, stage by stage."""
