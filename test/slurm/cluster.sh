#!/bin/bash
# A Slurm cluster of one node on this machine, for the tests: munged, slurmctld and slurmd from the distribution's packages, all files in DIR, ports on loopback.
#   cluster.sh start DIR    starts it and waits until it takes jobs; needs root; SLURM_CONF=DIR/slurm.conf is what the commands need
#   cluster.sh stop DIR     ends it
# Exit code 3: something is missing; it says what.
set -u
action=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd)
export SLURM_CONF=$dir/slurm.conf

missing() { echo "no cluster: $1"; exit 3; }

stop() {
  for daemon in slurmd slurmctld munged; do
    [ -f "$dir/$daemon.pid" ] && kill "$(cat "$dir/$daemon.pid")" 2>/dev/null
  done
  for _ in $(seq 50); do
    alive=
    for daemon in slurmd slurmctld munged; do
      [ -f "$dir/$daemon.pid" ] && kill -0 "$(cat "$dir/$daemon.pid")" 2>/dev/null && alive=yes
    done
    [ -z "$alive" ] && return
    sleep 0.1
  done
}

start() {
  [ "$(id -u)" = 0 ] || missing "starting the daemons needs root"
  for program in munged slurmctld slurmd sbatch scontrol; do
    command -v "$program" >/dev/null || [ -x "/usr/sbin/$program" ] || missing "$program is not installed (slurm-wlm, munge)"
  done
  PATH=$PATH:/usr/sbin
  mkdir -p "$dir/state" "$dir/spool" "$dir/munge"
  # munged insists on folders that nobody else can write to.
  chmod 700 "$dir/munge"
  [ -f "$dir/munge/key" ] || (umask 077; head -c 128 /dev/urandom > "$dir/munge/key")
  munged --force --key-file="$dir/munge/key" --socket="$dir/munge/socket" --pid-file="$dir/munged.pid" --log-file="$dir/munged.log" --seed-file="$dir/munge/seed" \
    || missing "munged did not start: $(tail -1 "$dir/munged.log")"
  cpus=$(nproc)
  port=$((20000 + $$ % 20000))
  cat > "$dir/slurm.conf" <<CONF
ClusterName=test
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmUser=root
SlurmdUser=root
SlurmctldPort=$port
SlurmdPort=$((port + 1))
AuthType=auth/munge
AuthInfo=socket=$dir/munge/socket
CredType=cred/munge
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd.log
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/builtin
SchedulerParameters=sched_interval=1,batch_sched_delay=0
JobRequeue=1
MaxArraySize=1001
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
KillWait=5
NodeName=$(hostname -s) NodeAddr=127.0.0.1 CPUs=$cpus State=UNKNOWN
PartitionName=test Nodes=ALL Default=YES MaxTime=60 State=UP
CONF
  slurmctld -f "$SLURM_CONF" || missing "slurmctld did not start: $(tail -1 "$dir/slurmctld.log")"
  slurmd -f "$SLURM_CONF" || missing "slurmd did not start: $(tail -1 "$dir/slurmd.log")"
  for _ in $(seq 100); do
    sinfo -h -o %T 2>/dev/null | grep -q idle && return
    sleep 0.3
  done
  echo "slurmctld: $(tail -3 "$dir/slurmctld.log"); slurmd: $(tail -3 "$dir/slurmd.log")"
  stop
  missing "the node was not ready in 30 s"
}

"$action"
