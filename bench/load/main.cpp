// wsload: load generator for WebSocket signaling servers, and (serve-relay) a minimal reference server.
// C++20, Linux, epoll, no third-party code. Build: make. Use: README.md beside this file.
#include "scenarios.h"

static const char* USAGE =
    "wsload COMMAND --url ws://127.0.0.1:PORT/PATH [options]\n"
    "commands\n"
    "  idle        --connections N [--rate R/s] [--inflight 256] [--hold 5] [--settle 2] [--no-register] [--drop rst|fin]\n"
    "  relay       --pairs 50 --window 1 --size 200 --seconds 5 [--warmup 2] [--rate R (open loop)] [--poisson] [--spin] [--batch 0] [--filler sdp|plain]\n"
    "              [--phases: latency apart for the quiet and the loud phase of another generator that has --tell]\n"
    "  handshake   --pairs 50 --seconds 5 [--candidates 10] [--offer-size 4096] [--answer-size 3072] [--candidate-size 150] [--batch 1]\n"
    "  offline     --peers N --messages M [--size 200] [--senders 4] [--window 64] [--rate R (open loop)] [--no-drain] [--at-once K (drained)] [--ack peer-offline|none]\n"
    "  presence    --observers N --joins J [--rate R (open loop)] [--concurrency 1] [--no-leave] [--join-timeout 5] [--seconds 30] [--allow-partial] [--visitor-extra JSON]\n"
    "  churn       --peers N --watchers 50 --watch 20 --flappers 500 --rate 2000 --seconds 1 [--scoped]\n"
    "  reconnect   --connections N [--mail M] [--inflight 400, 0 = all at once] [--drop fin|rst] [--no-verify] [--allow-retries] [--seconds 30]\n"
    "  roster      --peers N --askers 50 --asks 4 [--limit L (pages)]\n"
    "  slow        --rate 2000 --size 4096 --seconds 3 [--reading]\n"
    "  serve-relay --port N [--echo] [--presence] [--seconds 3600]     the reference server\n"
    "common options\n"
    "  --also-port PORT (repeatable: of other nodes; the connections take turns, so the two of a pair are on different ones)\n"
    "  --server-pid PID (repeatable)  --dialect chainless|peerjs|echo  --label TEXT  --mask 0|HEX|random  --id-prefix P\n"
    "  --registered-marker S  --register-extra ',\"presence\":\"none\"'  --header 'K: V' (repeatable)  --sources N  --timeout S\n"
    "  --tell PID (repeatable) [--quiet S]: of a relay --phases, which is told when quiet, disturbance and its end begin\n"
    "  --allow-altered  --allow-reorder\n"
    "exit: 0 clean, 1 something was lost, duplicated, altered or refused, 2 could not run\n";

int main(int argc, char** argv) {
  init_hex();
  signal(SIGPIPE, SIG_IGN);
  struct sigaction phases{};
  phases.sa_sigaction = begin_phase;
  phases.sa_flags = SA_SIGINFO | SA_RESTART;
  sigaction(SIGUSR1, &phases, nullptr);
  signal(SIGINT, [](int) { g_stop = 1; });
  signal(SIGTERM, [](int) { g_stop = 1; });
  Opts o;
  if (argc < 2 || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) { fputs(USAGE, stderr); return 2; }
  o.cmd = argv[1];
  static const char* known = " url also-port server-pid dialect label mask id-prefix registered-marker register-extra header sources timeout connections rate inflight hold settle no-register drop pairs window size seconds warmup drain poisson spin batch filler candidates offer-size answer-size candidate-size peers messages senders ack pause no-drain at-once observers joins concurrency no-leave join-timeout allow-partial no-verify port echo presence peerjs-key allow-altered allow-reorder phases tell quiet visitor-extra mail away watchers watch flappers scoped askers asks limit allow-retries reading ";
  for (int i = 2; i < argc; i++) {
    string a = argv[i];
    if (a.compare(0, 2, "--")) die("unexpected argument %s", a.c_str());
    a = a.substr(2);
    string v = "1";
    size_t eq = a.find('=');
    if (eq != string::npos) { v = a.substr(eq + 1); a = a.substr(0, eq); }
    else if (i + 1 < argc && strncmp(argv[i + 1], "--", 2)) v = argv[++i];
    if (!strstr(known, (" " + a + " ").c_str())) die("unknown option --%s", a.c_str());
    if (a == "server-pid") o.pids.push_back(atoi(v.c_str()));
    else if (a == "also-port") o.ports.push_back(atoi(v.c_str()));
    else if (a == "tell") o.told.push_back(atoi(v.c_str()));
    else if (a == "header") o.headers.push_back(v);
    else o.kv[a] = v;
  }
  o.label = o.get("label", "");
  o.prefix = o.get("id-prefix", fmt("wl%d-", getpid() % 100000).c_str());
  string d = o.get("dialect", "chainless");
  o.dialect = d == "chainless" ? CHAINLESS : d == "peerjs" ? PEERJS : d == "echo" ? ECHO : (die("unknown dialect %s", d.c_str()), ECHO);
  string mk = o.get("mask", "37fa213d");
  if (mk == "random") { srand48(now_ns()); o.mask = (u32)mrand48(); }
  else o.mask = (u32)strtoul(mk.c_str(), nullptr, 16);
  o.batch = o.get("batch", "1") != "0";
  o.reg_marker = o.get("registered-marker", o.dialect == PEERJS ? "\"OPEN\"" : "\"registered\"");
  o.reg_extra = o.get("register-extra", "");
  if (o.cmd == "serve-relay") return run_serve_relay(o);
  o.url = o.get("url", "");
  if (o.url.compare(0, 5, "ws://")) die("--url ws://127.0.0.1:PORT/PATH is needed");
  string rest = o.url.substr(5);
  size_t sl = rest.find('/');
  o.path = sl == string::npos ? "/" : rest.substr(sl);
  string hp = rest.substr(0, sl);
  size_t co = hp.find(':');
  o.port = co == string::npos ? 80 : atoi(hp.c_str() + co + 1);
  o.host = hp.substr(0, co);
  o.ports.insert(o.ports.begin(), o.port);
  if (o.host == "localhost") o.host = "127.0.0.1";
  if (o.dialect == PEERJS && o.path == "/") o.path = "/peerjs";
  for (int p : o.told) if (kill(p, 0)) die("no process %d to tell", p);
  for (int p : o.pids) if (access(fmt("/proc/%d/stat", p).c_str(), R_OK)) die("no process %d", p);
  if (o.cmd == "idle") return run_idle(o);
  if (o.cmd == "relay") return run_relay(o);
  if (o.cmd == "handshake") return run_handshake(o);
  if (o.cmd == "offline") return run_offline(o);
  if (o.cmd == "presence") return run_presence(o);
  if (o.cmd == "churn") return run_churn(o);
  if (o.cmd == "reconnect") return run_reconnect(o);
  if (o.cmd == "roster") return run_roster(o);
  if (o.cmd == "slow") return run_slow(o);
  fputs(USAGE, stderr);
  return 2;
}
