// wsload: load generator for WebSocket signaling servers, and (serve-relay) a minimal reference server.
// C++20, Linux, epoll, no third-party code. Build: make. Use: README.md beside this file.
#include "scenarios.h"

static const char* USAGE =
    "wsload COMMAND --url ws://127.0.0.1:PORT/PATH [options]\n"
    "commands\n"
    "  idle        --connections N [--rate R/s] [--inflight 256] [--hold 5] [--settle 2] [--no-register] [--drop rst|fin]\n"
    "  relay       --pairs 50 --window 1 --size 200 --seconds 5 [--warmup 2] [--rate R (open loop)] [--poisson] [--spin] [--batch 0] [--filler sdp|plain]\n"
    "  handshake   --pairs 50 --seconds 5 [--candidates 10] [--offer-size 4096] [--answer-size 3072] [--candidate-size 150] [--batch 1]\n"
    "  offline     --peers N --messages M [--size 200] [--senders 4] [--window 64] [--rate R (open loop)] [--no-drain] [--at-once K (drained)] [--ack peer-offline|none]\n"
    "  presence    --observers N --joins J [--concurrency 1] [--no-leave] [--join-timeout 5] [--seconds 30] [--allow-partial]\n"
    "  reconnect   --connections N [--inflight 400, 0 = all at once] [--drop fin|rst] [--no-verify] [--seconds 30]\n"
    "  serve-relay --port N [--echo] [--presence] [--seconds 3600]     the reference server\n"
    "common options\n"
    "  --server-pid PID (repeatable)  --dialect chainless|peerjs|echo  --label TEXT  --mask 0|HEX|random  --id-prefix P\n"
    "  --registered-marker S  --register-extra ',\"presence\":\"none\"'  --header 'K: V' (repeatable)  --sources N  --timeout S\n"
    "  --allow-altered  --allow-reorder\n"
    "exit: 0 clean, 1 something was lost, duplicated, altered or refused, 2 could not run\n";

int main(int argc, char** argv) {
  init_hex();
  signal(SIGPIPE, SIG_IGN);
  signal(SIGINT, [](int) { g_stop = 1; });
  signal(SIGTERM, [](int) { g_stop = 1; });
  Opts o;
  if (argc < 2 || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) { fputs(USAGE, stderr); return 2; }
  o.cmd = argv[1];
  static const char* known = " url server-pid dialect label mask id-prefix registered-marker register-extra header sources timeout connections rate inflight hold settle no-register drop pairs window size seconds warmup drain poisson spin batch filler candidates offer-size answer-size candidate-size peers messages senders ack pause no-drain at-once observers joins concurrency no-leave join-timeout allow-partial no-verify port echo presence peerjs-key allow-altered allow-reorder ";
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
  if (o.host == "localhost") o.host = "127.0.0.1";
  if (o.dialect == PEERJS && o.path == "/") o.path = "/peerjs";
  for (int p : o.pids) if (access(fmt("/proc/%d/stat", p).c_str(), R_OK)) die("no process %d", p);
  if (o.cmd == "idle") return run_idle(o);
  if (o.cmd == "relay") return run_relay(o);
  if (o.cmd == "handshake") return run_handshake(o);
  if (o.cmd == "offline") return run_offline(o);
  if (o.cmd == "presence") return run_presence(o);
  if (o.cmd == "reconnect") return run_reconnect(o);
  fputs(USAGE, stderr);
  return 2;
}
