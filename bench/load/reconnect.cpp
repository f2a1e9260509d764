#include "scenarios.h"

struct Reconnect : Scen {
  Engine& e;
  u32 N;
  bool back = false;
  u64 t_drop = 0, t_last = 0, retries = 0, presence = 0, probes = 0, probe_dup = 0;
  Hist h;
  std::vector<u8> reached;
  std::vector<std::pair<u64, u32>> again;  // retry after
  Reconnect(Engine& ee) : e(ee) {}
  void registered(Conn& k) override { if (back && k.idx < N) { h.add(e.tnow - t_drop); t_last = e.tnow; } }
  void closed(Conn& k, const char*) override { if (back && k.idx < N) { retries++; again.push_back({now_ns() + 50000000, k.idx}); } }
  void msg(Conn& k, char* b, size_t n) override {
    const char* f = find(b, n, MARK);
    Mark m;
    if (!f) { presence++; return; }
    if ((size_t)(f - b) + MARK_LEN > n || !parse_mark(f, m) || m.pair != k.idx || k.idx >= N) return;
    if (reached[k.idx]) probe_dup++;
    else { reached[k.idx] = 1; probes++; }
  }
};
int run_reconnect(Opts& o) {
  Engine e(o);
  Reconnect r(e);
  r.N = (u32)o.in("connections", 1000);
  e.alloc(r.N + 1);
  e.sc = &r;
  r.reached.resize(r.N + 1);
  e.max_inflight = 256;
  if (!e.connect_all(range(0, r.N + 1), o.num("timeout", 40))) { setup_failed(e, "reconnect setup"); return 2; }
  double first = e.h_reg.us(.5);
  (void)first;
  e.run_for(o.num("settle", 2));
  ProcStat a = read_proc(o.pids, true);
  double ga = self_cpu();
  long e0 = e.errors;
  bool rst = o.get("drop", "fin") == "rst";
  r.t_drop = now_ns();
  e.expect_close = true;
  for (u32 i = 0; i < r.N; i++) e.close_conn(e.c[i], rst);
  e.expect_close = false;
  double dropped = (double)(now_ns() - r.t_drop) / 1e9;
  r.back = true;
  long fl = o.in("inflight", 400);
  e.max_inflight = fl > 0 ? fl : 1 << 30;
  e.pump_start = 0;
  for (u32 i = 0; i < r.N; i++) e.todo.push_back(i);
  u64 end = r.t_drop + (u64)(o.num("seconds", 30) * 1e9);
  long up = 0;
  while (!g_stop && now_ns() < end) {
    e.poll(5000000);
    u64 t = now_ns();
    for (size_t i = 0; i < r.again.size();)
      if (t >= r.again[i].first) { e.todo.push_back(r.again[i].second); r.again[i] = r.again.back(); r.again.pop_back(); }
      else i++;
    if (e.nreg == (long)r.N + (e.c[r.N].st == REG) && e.todo.empty() && r.again.empty()) break;
  }
  for (u32 i = 0; i < r.N; i++) up += e.c[i].st == REG;
  double el = (double)(std::max(r.t_last, r.t_drop) - r.t_drop) / 1e9;
  ProcStat b = read_proc(o.pids, true);
  double gb = self_cpu();
  // are they reachable? a connection that was never dropped sends one message to each
  long long unreach = -1;
  if (o.dialect != ECHO && !o.flag("no-verify") && e.c[r.N].st == REG) {
    e.run_for(o.num("settle", 2));
    long gone = 0;
    for (u32 i = 0; i < r.N; i++) gone += e.c[i].st != REG;
    std::vector<char> buf(8192);
    string pl = sdp_payload(64, true);
    u64 prog = now_ns(), last = 0;
    u32 nx = 0;
    while (!g_stop && r.probes < r.N && now_ns() < prog + 2000000000ull) {
      while (nx < r.N && e.c[r.N].out.empty() && nx < r.probes + 256 + (now_ns() - prog) / 1000000) {
        Template t;
        t.build(message(o, K_OFFER, e.c[nx].id, pl), o.mask, nx, 0);
        t.emit(buf.data(), nx, now_ns());
        e.send_raw(e.c[r.N], buf.data(), t.f.size());
        nx++;
      }
      e.poll(2000000);
      if (r.probes != last) { last = r.probes; prog = now_ns(); }
    }
    unreach = (long long)r.N - (long long)r.probes;
  }
  bool bad = up != (long)r.N || unreach > 0 || r.probe_dup || e.proto_err;
  printf("reconnect %u: dropped in %.3f s, %ld registered again in %.3f s (%.0f/s), p50 %.1f p99 %.1f max %.1f ms after the drop, errors %ld, retries %llu, unreachable afterwards %lld, server CPU %.2f s, generator CPU %.2f s, RSS %.1f -> %.1f MB%s\n", r.N, dropped, up, el, el > 0 ? (double)up / el : 0,
         r.h.us(.5) / 1e3, r.h.us(.99) / 1e3, r.h.maxus() / 1e3, e.errors - e0, (unsigned long long)r.retries, unreach, b.cpu - a.cpu, gb - ga, a.rss_kb / 1024.0, b.rss_kb / 1024.0, bad ? "  ** FAILED **" : "");
  if (bad && !e.first_error.empty()) fprintf(stderr, "wsload: %s\n", e.first_error.c_str());
  Json j = base_json(o);
  j.i("connections", r.N).d("drop_s", dropped).i("up", up).d("all_registered_s", el).d("reg_per_s", el > 0 ? (double)up / el : 0, 0).d("p50_ms", r.h.us(.5) / 1e3, 1).d("p99_ms", r.h.us(.99) / 1e3, 1).d("max_ms", r.h.maxus() / 1e3, 1).i("inflight", fl).i("errors", e.errors - e0).i("retries", (long long)r.retries).i("unreachable", unreach)
      .i("presence_frames", (long long)r.presence).d("cpu_s", b.cpu - a.cpu, 2).d("gen_cpu_s", gb - ga, 2).i("rss_before_kb", a.rss_kb).i("rss_after_kb", b.rss_kb).b("ok", !bad);
  j.print();
  e.expect_close = true;
  for (auto& k : e.c) e.close_conn(k, true);
  return bad ? 1 : 0;
}
