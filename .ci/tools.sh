# Sourced by run: what the machine must have for the tests to need no excuse.

retry() {
  local attempt
  for attempt in 1 2 3 4; do
    "$@" && return 0
    printf 'attempt %s failed: %s\n' "$attempt" "$*"
    sleep $((attempt * 5))
  done
  return 1
}

install_tools() {
  local missing=()
  has_java_17 || missing+=(openjdk-17-jre-headless)
  command -v mvn > /dev/null || missing+=(maven)
  if ! docker info > /dev/null 2>&1; then
    command -v dockerd > /dev/null || missing+=(docker.io)
    command -v iptables > /dev/null || missing+=(iptables)
  fi
  command -v docker > /dev/null || missing+=(docker.io)
  command -v debootstrap > /dev/null || missing+=(debootstrap)
  # Debian puts its server where only root's path looks.
  command -v pgbouncer > /dev/null || [[ -x /usr/sbin/pgbouncer ]] || missing+=(pgbouncer)
  if [[ ${#missing[@]} -gt 0 ]]; then
    printf 'installing %s\n' "${missing[*]}"
    retry apt-get update -q || printf 'apt-get update failed; trying with what is known\n'
    DEBIAN_FRONTEND=noninteractive retry apt-get install -q -y --no-install-recommends "${missing[@]}" > "$scratch/apt" 2>&1 ||
      { tail -n 20 "$scratch/apt"; printf '0 passed, 1 failed\n'; return 1; }
  fi
  java -version 2>&1 | head -n 1
  printf '1 passed, 0 failed\n'
}

has_java_17() {
  local version
  version=$(java -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p')
  [[ ${version:-0} -ge 17 ]]
}
