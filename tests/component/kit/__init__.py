"""The bus half of the kit, shown on a small service of the tests' own."""
