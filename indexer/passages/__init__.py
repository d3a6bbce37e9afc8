"""Cut documents into passages and sentences, and derive from them everything that is embedded or matched."""
