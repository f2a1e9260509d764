#include "scenarios.h"

int run_idle(Opts& o) {
  u32 n = (u32)o.in("connections", 1000);
  bool noreg = o.flag("no-register");
  Engine e(o);
  e.alloc(n);
  struct S : Scen { u64 other = 0; void msg(Conn&, char*, size_t) override { other++; } } sc;
  e.sc = &sc;
  e.rate = o.num("rate", 0);
  e.max_inflight = o.in("inflight", 256);
  e.auto_register = !noreg;
  ProcStat a = read_proc(o.pids, true);
  long k0 = tcp_mem_kb();
  u64 t0 = now_ns();
  bool ok = e.connect_all(range(0, n), o.num("timeout", 50));
  double ramp = (double)(now_ns() - t0) / 1e9;
  ProcStat m = read_proc(o.pids, true);
  long up = noreg ? e.nopen : e.nreg;
  u64 notif_ramp = sc.other;
  e.run_for(o.num("settle", 2));
  ProcStat h0 = read_proc(o.pids, true);
  double gc0 = self_cpu();
  u64 th = now_ns();
  double hold = o.num("hold", 5);
  for (double left = hold; left > 0 && !g_stop;) { double s = std::min(left, 20.0); e.run_for(s); left -= s; if (left > 0) e.heartbeats(); }
  double heldfor = (double)(now_ns() - th) / 1e9;
  ProcStat h1 = read_proc(o.pids, true);
  long still = noreg ? e.nopen : e.nreg;
  double per_rss = up ? (double)(h1.rss_kb - a.rss_kb) * 1024.0 / (double)up : 0, per_pss = up ? (double)(h1.pss_kb - a.pss_kb) * 1024.0 / (double)up : 0;
  long k1 = tcp_mem_kb();
  Hist& h = noreg ? e.h_conn : e.h_reg;
  bool good = ok && still == (long)n && !e.errors && !e.unexpected_close;
  printf("idle %u connections%s: up %ld in %.2f s (%.0f/s), connect%s p50 %.2f ms p99 %.2f ms; server %+.0f B RSS %+.0f B PSS per connection (RSS %.1f -> %.1f MB, peak seen %.1f), ramp CPU %.2f s, idle CPU %.2f %%; presence frames %llu%s\n",
         n, noreg ? " (not registered)" : "", up, ramp, (double)up / ramp, noreg ? "" : "+register", h.us(.5) / 1e3, h.us(.99) / 1e3, per_rss, per_pss, a.rss_kb / 1024.0, h1.rss_kb / 1024.0,
         std::max({m.rss_kb, h0.rss_kb, h1.rss_kb}) / 1024.0, m.cpu - a.cpu, heldfor > 0 ? 100 * (h1.cpu - h0.cpu) / heldfor : 0, (unsigned long long)sc.other, good ? "" : "  ** FAILED **");
  if (!good) setup_failed(e, "idle");
  Json j = base_json(o);
  j.i("connections", n).b("registered", !noreg).i("up", up).i("still_up", still).d("ramp_s", ramp).d("conn_per_s", (double)up / ramp, 0).d("p50_ms", h.us(.5) / 1e3).d("p99_ms", h.us(.99) / 1e3).d("max_ms", h.maxus() / 1e3)
      .d("rss_per_conn_b", per_rss, 0).d("pss_per_conn_b", per_pss, 0).i("rss_before_kb", a.rss_kb).i("rss_ramped_kb", m.rss_kb).i("rss_settled_kb", h0.rss_kb).i("rss_after_kb", h1.rss_kb).i("pss_after_kb", h1.pss_kb)
      .i("threads", h1.threads).d("ramp_cpu_s", m.cpu - a.cpu, 2).d("idle_cpu_pct", heldfor > 0 ? 100 * (h1.cpu - h0.cpu) / heldfor : 0).d("hold_s", heldfor, 1).i("kernel_tcp_mem_delta_kb", k1 - k0)
      .i("presence_frames_ramp", (long long)notif_ramp).i("presence_frames", (long long)sc.other).d("gen_idle_cpu_pct", heldfor > 0 ? 100 * (self_cpu() - gc0) / heldfor : 0)
      .i("errors", e.errors).i("closed", e.unexpected_close).str("first_error", e.first_error).b("ok", good);
  return finish(e, j, !good, o.get("drop", "rst") == "rst");
}
