"""Pieces of reinforcement learning that several lessons share: rewards, advantages, optimizers, sampling."""
