"""Square's pages, by what people do there. Importing a module declares its pages."""
