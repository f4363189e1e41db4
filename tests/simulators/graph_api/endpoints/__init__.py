"""The Graph API's endpoints, one module for each kind of node."""
