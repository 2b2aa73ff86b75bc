# Sourced by run: images made from the machine's own Debian mirror and the Kafka jars that devkit has fetched.

# The recipe's hash is the tag, so an image is made again when its recipe has changed, and only then.
recipe=$(cat .ci/images.sh .ci/postgres-entry .ci/kafka-entry | sha256sum | cut -c1-12)
base_image=backstitch-ci/servers:$recipe
postgres_image=backstitch-ci/postgres:$recipe
kafka_image=backstitch-ci/kafka:$recipe

build_images() {
  if docker image inspect "$postgres_image" "$kafka_image" > /dev/null 2>&1; then
    printf 'the images are there\n'
    return 0
  fi
  local tree=$scratch/tree mirror jars
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | head -n 1)
  jars=$(ls -d "${XDG_CACHE_HOME:-$HOME/.cache}"/backstitch/kafka-*/complete 2> /dev/null | tail -n 1)
  if [[ -z $jars ]]; then
    printf 'the Kafka jars are missing: npm test should have fetched them\n'
    return 1
  fi
  printf 'making the images from %s\n' "the machine's own mirror"
  retry fresh_tree "$tree" "$mirror" || return 1
  mkdir -p "$tree/opt/kafka"
  cp "$(dirname "$jars")"/*.jar "$tree/opt/kafka/" || return 1
  install -m 755 .ci/postgres-entry .ci/kafka-entry "$tree/usr/local/bin/" || return 1
  rm -rf "$tree"/var/cache/apt/archives/*.deb "$tree"/var/lib/apt/lists/*
  tar -C "$tree" -c . | docker import - "$base_image" > /dev/null || return 1
  rm -rf "$tree"
  entry_image postgres-entry 5432 "$postgres_image" && entry_image kafka-entry 9092 "$kafka_image"
}

fresh_tree() {
  rm -rf "$1"
  debootstrap --variant=minbase --include=postgresql-15,openjdk-17-jre-headless bookworm "$1" "$2" \
    > "$scratch/debootstrap" 2>&1 || { tail -n 10 "$scratch/debootstrap"; return 1; }
}

# The same layers with another entry point.
entry_image() {
  local container
  container=$(docker create "$base_image" /bin/true) || return 1
  docker commit --change "ENTRYPOINT [\"/usr/local/bin/$1\"]" --change 'CMD []' --change "EXPOSE $2" "$container" "$3" > /dev/null
  local status=$?
  docker rm "$container" > /dev/null
  return $status
}
