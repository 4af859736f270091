"""Where candidates come from: embeddings, retrievers, encoders, words."""
