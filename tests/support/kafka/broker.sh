#!/usr/bin/env bash
# One Apache Kafka broker on 127.0.0.1 for tests and for trying things out: KRaft, one node, from plain jars (fetch.sh).
#   broker.sh start DIR [--secure] [--session-ms N] [--owner PID]   data, settings and log in DIR; starts again on what is there
#   broker.sh stop | kill | freeze | thaw | status DIR
#   broker.sh tool DIR CLASS ARGUMENT...                             a tool of Kafka's own: kafka.admin.AclCommand is kafka-acls.sh
# `start` prints the addresses. --secure adds TLS and SASL listeners (users: see below) and an authorizer; the plaintext listener is then the
# administrator's. --session-ms: how soon a killed broker may come back (9000; lower values make a starved machine fence its own broker).
# --owner: the broker is killed when that process is gone.
set -euo pipefail

command=${1:?command}
dir=${2:?folder}
shift 2
here=$(cd "$(dirname "$0")" && pwd)
secure=false session_ms=9000 owner=""
while [ "$command" != tool ] && [ $# -gt 0 ]; do
  case "$1" in
    --secure) secure=true; shift ;;
    --session-ms) session_ms=$2; shift 2 ;;
    --owner) owner=$2; shift 2 ;;
    *) echo "unknown: $1" >&2; exit 2 ;;
  esac
done
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)

pid() { cat "$dir/pid" 2>/dev/null || true; }
alive() { local p; p=$(pid); [ -n "$p" ] && [ -r "/proc/$p/cmdline" ] && grep -q kafka.Kafka "/proc/$p/cmdline"; }
taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Five neighbours below the ephemeral range, so that no client's own port is in the way of a restart.
free_ports() {
  local base port
  for _ in $(seq 1 200); do
    base=$((15000 + (RANDOM * 32768 + RANDOM) % 3400 * 5))
    for port in $base $((base + 1)) $((base + 2)) $((base + 3)) $((base + 4)); do taken "$port" && continue 2; done
    echo "$base"
    return
  done
  echo "no free ports" >&2
  exit 1
}

certificates() {
  mkdir -p "$dir/tls"
  local t=$dir/tls ca subject
  for ca in ca other-ca; do
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=Test $ca" -keyout "$t/$ca.key" -out "$t/$ca.pem" 2>/dev/null
  done
  for subject in server engine; do
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$subject" -keyout "$t/$subject.key" -out "$t/$subject.csr" 2>/dev/null
    openssl x509 -req -in "$t/$subject.csr" -CA "$t/ca.pem" -CAkey "$t/ca.key" -CAcreateserial -days 30 -out "$t/$subject.pem" \
      -extfile <(echo "subjectAltName=IP:127.0.0.1,DNS:localhost") 2>/dev/null
  done
  cat "$t/server.key" "$t/server.pem" "$t/ca.pem" > "$t/keystore.pem"
}

secure_settings() {  # PORT
  local t=$dir/tls plain='org.apache.kafka.common.security.plain.PlainLoginModule required user_admin="admin-secret" user_engine="engine-secret" user_stranger="stranger-secret";'
  local scram='org.apache.kafka.common.security.scram.ScramLoginModule required;'
  local token='org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="admin";'
  cat <<P
ssl.keystore.type=PEM
ssl.keystore.location=$t/keystore.pem
ssl.truststore.type=PEM
ssl.truststore.location=$t/ca.pem
ssl.client.auth=requested
ssl.principal.mapping.rules=RULE:^CN=([^,]*).*\$/\$1/,DEFAULT
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS;User:admin
P
  local listener
  for listener in sasl_plaintext sasl_ssl; do
    echo "listener.name.$listener.plain.sasl.jaas.config=$plain"
    echo "listener.name.$listener.scram-sha-256.sasl.jaas.config=$scram"
    echo "listener.name.$listener.scram-sha-512.sasl.jaas.config=$scram"
    echo "listener.name.$listener.oauthbearer.sasl.jaas.config=$token"
  done
}

settings() {  # PORT
  local p=$1 listeners="PLAINTEXT://127.0.0.1:$1"
  $secure && listeners="$listeners,SSL://127.0.0.1:$((p + 2)),SASL_PLAINTEXT://127.0.0.1:$((p + 3)),SASL_SSL://127.0.0.1:$((p + 4))"
  cat <<P
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$((p + 1))
listeners=$listeners,CONTROLLER://127.0.0.1:$((p + 1))
advertised.listeners=$listeners
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL
log.dirs=$dir/data
auto.create.topics.enable=false
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
num.network.threads=1
num.io.threads=2
num.recovery.threads.per.data.dir=2
background.threads=2
log.cleaner.dedupe.buffer.size=8388608
log.segment.bytes=67108864
log.index.size.max.bytes=1048576
broker.session.timeout.ms=$session_ms
broker.heartbeat.interval.ms=500
P
  if $secure; then secure_settings; fi
}

format() {
  local id scram=()
  id=$(head -c 16 /dev/urandom | base64 | tr '+/' 'AB' | tr -d '=')
  if $secure; then
    for mechanism in SCRAM-SHA-256 SCRAM-SHA-512; do
      for user in engine stranger; do scram+=(--add-scram "$mechanism=[name=$user,password=$user-secret]"); done
    done
  fi
  java -Xmx64m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dlog4j.configuration="file:$dir/log4j.properties" -cp "$libs/*" \
    kafka.tools.StorageTool format -t "$id" -c "$dir/server.properties" "${scram[@]}" > "$dir/format.out" 2>&1 || { cat "$dir/format.out" >&2; exit 1; }
}

start() {
  alive && { echo "already running" >&2; exit 1; }
  libs=$(bash "$here/fetch.sh")
  cat > "$dir/log4j.properties" <<'L'
log4j.rootLogger=INFO, stdout
log4j.appender.stdout=org.apache.log4j.ConsoleAppender
log4j.appender.stdout.layout=org.apache.log4j.PatternLayout
log4j.appender.stdout.layout.ConversionPattern=[%d] %p %m (%c)%n
L
  if [ ! -f "$dir/data/meta.properties" ]; then
    if $secure; then certificates; fi
    free_ports > "$dir/port"
    settings "$(cat "$dir/port")" > "$dir/server.properties"
    format
  fi
  if [ -f "$dir/log" ]; then cat "$dir/log" >> "$dir/log.before"; fi
  cd "$dir"
  setsid nohup java -Xms64m -Xmx320m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Djava.awt.headless=true -Djava.net.preferIPv4Stack=true \
    -Dlog4j.configuration="file:$dir/log4j.properties" -cp "$libs/*" kafka.Kafka "$dir/server.properties" > "$dir/log" 2>&1 < /dev/null &
  echo $! > "$dir/pid"
  if [ -n "$owner" ]; then
    # In a session of its own: who ends the owner may end all of its group.
    setsid bash -c 'while kill -0 "$0" && kill -0 "$1"; do sleep 1; done; kill -9 "$1"' "$owner" "$!" > /dev/null 2>&1 < /dev/null &
  fi
  for _ in $(seq 1 2400); do
    if grep -q 'Kafka Server started' "$dir/log"; then break; fi
    kill -0 "$(pid)" 2>/dev/null || { echo "the broker ended:" >&2; tail -20 "$dir/log" >&2; exit 1; }
    sleep 0.05
  done
  grep -q 'Kafka Server started' "$dir/log" || { echo "not ready after 120 s" >&2; exit 1; }
  addresses
}

addresses() {
  local p
  p=$(cat "$dir/port")
  echo "plaintext=127.0.0.1:$p"
  if grep -q '^ssl.keystore' "$dir/server.properties"; then
    printf 'ssl=127.0.0.1:%s\nsasl_plaintext=127.0.0.1:%s\nsasl_ssl=127.0.0.1:%s\n' $((p + 2)) $((p + 3)) $((p + 4))
  fi
}

end() {  # SIGNAL
  alive || return 0
  local p
  p=$(pid)
  kill "-$1" "$p"
  for _ in $(seq 1 600); do kill -0 "$p" 2>/dev/null || break; sleep 0.05; done
  if kill -0 "$p" 2>/dev/null; then kill -9 "$p"; fi
  rm -f "$dir/pid"
}

case "$command" in
  start) start ;;
  stop) end TERM ;;
  kill) end KILL ;;
  freeze) alive && kill -STOP "$(pid)" ;;
  thaw) alive && kill -CONT "$(pid)" ;;
  tool)
    class=$1
    shift
    exec java -Xmx128m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dlog4j.configuration="file:$dir/log4j.properties" \
      -cp "$(bash "$here/fetch.sh")/*" "$class" "$@" >> "$dir/tools.log" 2>&1
    ;;
  status) if alive; then addresses; else echo "not running"; exit 1; fi ;;
  *) echo "usage: broker.sh start|stop|kill|freeze|thaw|status DIR" >&2; exit 2 ;;
esac
