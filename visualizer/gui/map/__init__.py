"""The Map workspace: which pictures are alike to the network, stage by stage."""
