#include "scenarios.h"

// All connections but one drop at once; each is sent mail while it is away; all come back at once, and find it.
struct Reconnect : Scen {
  static constexpr u32 MAIL = 1, PROBE = 2;
  Engine& e;
  u32 N, M;
  bool back = false;
  u64 t_back = 0, t_last = 0, t_mail = 0, retries = 0, presence = 0, probes = 0, mail = 0, acks = 0, dup = 0, gaps = 0, wrong = 0;
  Hist h;
  std::vector<u32> got;
  std::vector<u8> reached, counted;
  std::vector<std::pair<u64, u32>> again;  // retry after
  Reconnect(Engine& ee, u32 n, u32 m) : e(ee), N(n), M(m), got(n + 1), reached(n + 1), counted(n + 1) {}
  void registered(Conn& k) override {
    if (!back || k.idx >= N || counted[k.idx]) return;
    counted[k.idx] = 1;
    h.add(e.tnow - t_back);
    t_last = e.tnow;
  }
  void closed(Conn& k, const char*) override { if (back && k.idx < N) { retries++; again.push_back({now_ns() + 50000000, k.idx}); } }
  void msg(Conn& k, char* b, size_t n) override {
    const char* f = find(b, n, MARK);
    Mark m;
    if (!f) {
      if (k.idx == N && find(b, n, "peer-offline")) acks++;
      else if (find(b, n, "\"error\"")) { wrong++; if (e.first_error.empty()) e.first_error = string(b, std::min<size_t>(n, 160)); }
      else presence++;
      return;
    }
    if ((size_t)(f - b) + MARK_LEN > n || !parse_mark(f, m) || m.pair != k.idx || k.idx >= N) { wrong++; return; }
    if (m.kind == PROBE) {
      if (reached[k.idx]) dup++;
      else { reached[k.idx] = 1; probes++; }
      return;
    }
    u32& next = got[k.idx];
    if (m.kind != MAIL || m.seq >= M) wrong++;
    else if (m.seq < next) dup++;
    else {
      gaps += m.seq - next;
      next = m.seq + 1;
      mail++;
      t_mail = e.tnow;
    }
  }
  // One message of this kind to each, from the connection that stays; at most so many that wait for what `done` counts.
  void send_all(Opts& o, u32 kind, u32 rounds, size_t size, u64& done, u64 window) {
    std::vector<char> buf(size + 1024);
    string pl = sdp_payload(size, kind == PROBE);
    u64 total = (u64)N * rounds, sent = 0, prog = now_ns(), last = done;
    while (!g_stop && done < total && now_ns() < prog + 3000000000ull) {
      while (sent < total && e.c[N].out.empty() && sent < done + window) {
        u32 to = (u32)(sent % N);
        Template t;
        t.build(message(o, K_OFFER, e.c[to].id, pl), o.mask, to, kind);
        t.emit(buf.data(), (u32)(sent / N), now_ns());
        e.send_raw(e.c[N], buf.data(), t.f.size());
        sent++;
      }
      e.poll(2000000);
      if (done != last) { last = done; prog = now_ns(); }
    }
  }
};

int run_reconnect(Opts& o) {
  Engine e(o);
  u32 M = (u32)o.in("mail", 0);
  Reconnect r(e, (u32)o.in("connections", 1000), M);
  e.alloc(r.N + 1);
  e.sc = &r;
  e.max_inflight = 256;
  if (!e.connect_all(range(0, r.N + 1), o.num("timeout", 40))) { setup_failed(e, "reconnect setup"); return 2; }
  e.run_for(o.num("settle", 2));
  o.tell(QUIET);
  e.run_for(o.num("quiet", 0));
  bool rst = o.get("drop", "fin") == "rst";
  o.tell(SETUP);  // the mail is stored between the two phases
  u64 t_drop = now_ns();
  e.expect_close = true;
  for (u32 i = 0; i < r.N; i++) e.close_conn(e.c[i], rst);
  e.expect_close = false;
  double dropped = (double)(now_ns() - t_drop) / 1e9;
  e.run_for(o.num("away", M ? 1 : 0));
  if (M) r.send_all(o, Reconnect::MAIL, M, (size_t)o.in("size", 200), r.acks, (u64)o.in("window", 1024));
  ProcStat a = read_proc(o.pids, true);
  double ga = self_cpu();
  long e0 = e.errors;
  o.tell(MEANWHILE);
  r.t_back = r.t_last = r.t_mail = now_ns();
  r.back = true;
  long fl = o.in("inflight", 400);
  e.max_inflight = fl > 0 ? fl : 1 << 30;
  e.pump_start = 0;
  for (u32 i = 0; i < r.N; i++) e.todo.push_back(i);
  u64 end = r.t_back + (u64)(o.num("seconds", 30) * 1e9), want = (u64)r.N * M;
  while (!g_stop && now_ns() < end) {
    e.poll(5000000);
    u64 t = now_ns();
    for (size_t i = 0; i < r.again.size();)
      if (t >= r.again[i].first) { e.todo.push_back(r.again[i].second); r.again[i] = r.again.back(); r.again.pop_back(); }
      else i++;
    if (e.nreg == (long)r.N + (e.c[r.N].st == REG) && e.todo.empty() && r.again.empty() && r.mail >= want) break;
  }
  o.tell(OVER);
  long up = 0;
  for (u32 i = 0; i < r.N; i++) up += e.c[i].st == REG;
  double el = (double)(r.t_last - r.t_back) / 1e9, mailed = (double)(std::max(r.t_mail, r.t_last) - r.t_back) / 1e9;
  ProcStat b = read_proc(o.pids, true);
  double gb = self_cpu();
  // are they reachable? the connection that was never dropped sends one message to each
  long long unreach = -1;
  e.run_for(o.num("settle", 2));
  if (o.dialect != ECHO && !o.flag("no-verify") && e.c[r.N].st == REG) {
    r.send_all(o, Reconnect::PROBE, 1, 64, r.probes, 256);
    unreach = (long long)r.N - (long long)r.probes;
  }
  long long lost = (long long)want - (long long)r.mail;
  long failed = e.errors - e0;
  bool bad = up != (long)r.N || unreach > 0 || lost || r.gaps || r.dup || r.wrong || r.acks > want || (M && r.acks < want) || e.proto_err || ((failed || r.retries) && !o.flag("allow-retries"));
  printf("reconnect %u: dropped in %.3f s, %llu messages stored; all at %s: %ld registered again in %.3f s (%.0f/s), p50 %.1f p99 %.1f max %.1f ms, mail complete in %.3f s (lost %lld, doubled %llu, out of order %llu), errors %ld, retries %llu, unreachable afterwards %lld, server CPU %.2f s, generator CPU %.2f s, RSS %.1f -> %.1f MB%s\n", r.N, dropped,
         (unsigned long long)r.acks, fl > 0 ? fmt("most %ld at a time", fl).c_str() : "once", up, el, el > 0 ? (double)up / el : 0, r.h.us(.5) / 1e3, r.h.us(.99) / 1e3, r.h.maxus() / 1e3, mailed, lost, (unsigned long long)r.dup, (unsigned long long)r.gaps, failed, (unsigned long long)r.retries, unreach, b.cpu - a.cpu, gb - ga,
         a.rss_kb / 1024.0, b.rss_kb / 1024.0, bad ? "  ** FAILED **" : "");
  Json j = base_json(o);
  j.i("connections", r.N).i("mail_each", M).d("drop_s", dropped).i("up", up).d("all_registered_s", el).d("all_mail_s", mailed).d("reg_per_s", el > 0 ? (double)up / el : 0, 0).d("p50_ms", r.h.us(.5) / 1e3, 1).d("p99_ms", r.h.us(.99) / 1e3, 1).d("max_ms", r.h.maxus() / 1e3, 1).i("inflight", fl).i("errors", failed)
      .i("retries", (long long)r.retries).i("unreachable", unreach).i("stored", (long long)r.acks).i("lost", lost).i("dup", (long long)r.dup).i("out_of_order", (long long)r.gaps).i("wrong", (long long)r.wrong).i("presence_frames", (long long)r.presence).d("cpu_s", b.cpu - a.cpu, 2).d("gen_cpu_s", gb - ga, 2)
      .i("rss_before_kb", a.rss_kb).i("rss_after_kb", b.rss_kb).str("first_error", e.first_error).b("ok", !bad);
  return finish(e, j, bad);
}
