#!/bin/sh
# Takes the settings that this process may read, then becomes the process. Variables that are set already win, so an
# operator's own secrets take the place of the generated ones.
set -eu
settings="/run/frontdesk/${SETTINGS:-$SERVICE}.env"
if [ -r "$settings" ]; then
    . "$settings"
fi
exec "$@"
