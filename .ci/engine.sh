# Sourced by run: a Docker engine, ours or the machine's.

engine_home=/run/backstitch-ci

start_engine() {
  if docker info > /dev/null 2>&1; then
    printf 'using the engine that runs already\n'
    return 0
  fi
  # A socket of our own: nobody else on the machine shall take this engine for theirs.
  mkdir -p "$engine_home"
  export DOCKER_HOST=unix://$engine_home/docker.sock
  local driver
  for driver in '' overlay2 vfs; do
    launch_engine "$driver" && return 0
  done
  printf 'no Docker engine can be started on this machine:\n'
  tail -n 15 "$engine_home/dockerd.log"
  return 1
}

launch_engine() {
  dockerd --host "$DOCKER_HOST" --pidfile "$engine_home/docker.pid" --exec-root "$engine_home/exec" \
    ${1:+--storage-driver "$1"} > "$engine_home/dockerd.log" 2>&1 &
  local pid=$!
  for _ in $(seq 1 150); do
    docker info > /dev/null 2>&1 && return 0
    kill -0 "$pid" 2> /dev/null || return 1
    sleep 0.2
  done
  kill "$pid" 2> /dev/null
  wait "$pid" 2> /dev/null
  return 1
}

# Ends only what start_engine started; part() runs in a subshell, so the pid comes from the file.
stop_engine() {
  [[ -s $engine_home/docker.pid ]] || return 0
  local pid
  pid=$(cat "$engine_home/docker.pid")
  kill "$pid" 2> /dev/null
  for _ in $(seq 1 50); do
    kill -0 "$pid" 2> /dev/null || break
    sleep 0.2
  done
  rm -rf "$engine_home"
}
