#!/usr/bin/env bash
# The whole story by hand, with docker compose, alembic and psql alone, as fast as a person who types without
# thinking: start a second stack, autogenerate, cut the wrong drop out, install again from nothing, look, clean up.
#
# What people forget by hand, this forgets too: Redis's anonymous volumes and the images that the second build
# replaced stay behind.
#
#   bench/by_hand.sh FOLDER    FOLDER holds a copy of the example's compose/ folder; it gets the new revision file
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "${1:?usage: by_hand.sh FOLDER}"
stack=(docker compose --project-name recyclic_hand -f docker-compose.yml -f "$here/by_hand.override.yaml")
sql=(docker exec postgres_hand psql -U recyclic -d recyclic -At -c)

ready() { # until the API's health check is green, as `docker ps` shows it
    until [ "$(docker inspect -f '{{.State.Health.Status}}' api_hand)" = healthy ]; do sleep 0.5; done
}

"${stack[@]}" up --detach --build
ready
"${stack[@]}" run --name alembic_hand api-migrations alembic revision --autogenerate -m 'add email logs'
docker cp alembic_hand:/app/migrations/versions/. api/migrations/versions/
docker rm alembic_hand
# The person sees the wrong drop and deletes it, and the constraint that downgrade() would make a second time.
sed -i "/uq_users_email/{/drop_constraint\|create_unique_constraint/d}" api/migrations/versions/*_add_email_logs.py

"${stack[@]}" down
docker volume rm recyclic_postgres_data_hand
"${stack[@]}" up --detach --build
ready
[ "$("${sql[@]}" "select count(*) from information_schema.tables where table_schema = 'public'")" = 24 ]
[ "$("${sql[@]}" "select count(*) from pg_constraint where conname = 'uq_users_email'")" = 1 ]
python3 - <<'PYTHON'
import json, urllib.request
base = "http://127.0.0.1:8101"
paths = json.load(urllib.request.urlopen(base + "/openapi.json"))["paths"]
for path, item in paths.items():
    if "get" in item and "{" not in path:
        print(urllib.request.urlopen(base + path).status, path)
PYTHON

"${stack[@]}" down
docker volume rm recyclic_postgres_data_hand
docker image rm recyclic-api_hand:latest recyclic_hand-api-migrations recyclic_hand-bot recyclic_hand-frontend
