#include "scenarios.h"

// Visitors that come and go several times among many peers, some of whom watch them: whoever watches must end up knowing the truth,
// whoever does not should hear nothing.
struct Churn : Scen {
  Engine& e;
  u32 peers, watchers, each, visitors;
  struct Watcher { std::vector<u8> last; };  // by visitor: 0 never told, 1 offline, 2 online
  std::vector<Watcher> told;
  u64 deliveries = 0, uninvolved = 0, damaged = 0, errors = 0, t_last = 0;
  string key;
  Churn(Engine& ee) : e(ee), key(visitor_key(ee.o)) {}
  bool watches(u32 watcher, u32 v) const { return (v + visitors - watcher * each % visitors) % visitors < each; }
  void msg(Conn& k, char* b, size_t n) override {
    if (k.idx >= peers) return;
    if (find(b, n, "\"error\"")) { errors++; if (e.first_error.empty()) e.first_error = string(b, std::min<size_t>(n, 160)); return; }
    bool concerned = k.idx < watchers;
    if (!find(b, n, key)) return;
    if (!each_status(b, n, key, [&](u32 v, bool online) {
          if (v >= visitors) { damaged++; return; }
          if (!concerned || !watches(k.idx, v)) { uninvolved++; return; }
          deliveries++;
          t_last = e.tnow;
          told[k.idx].last[v] = online ? 2 : 1;
        })) damaged++;
  }
  u64 wrong(const std::vector<u8>& online) const {
    u64 w = 0;
    for (u32 i = 0; i < watchers; i++) for (u32 v = 0; v < visitors; v++) w += watches(i, v) && told[i].last[v] != (online[v] ? 2 : 1);
    return w;
  }
};

int run_churn(Opts& o) {
  Engine e(o);
  Churn c(e);
  c.peers = (u32)o.in("peers", 1000);
  c.watchers = std::min((u32)o.in("watchers", 50), c.peers);
  c.visitors = (u32)o.in("flappers", 500);
  c.each = std::min((u32)o.in("watch", 20), c.visitors);
  double rate = o.num("rate", 2000), seconds = o.num("seconds", 1), quiet = o.num("quiet", 0);
  u64 joins = (u64)(rate * seconds);
  if (joins < c.visitors) die("--rate x --seconds must be at least --flappers");
  c.told.resize(c.watchers);
  for (auto& w : c.told) w.last.resize(c.visitors);
  e.alloc(c.peers + c.visitors, [&](u32 i) { return i < c.peers ? o.prefix + fmt("%06x", i) : visitor(o, i - c.peers); });
  e.sc = &c;
  if (!e.connect_all(range(0, c.peers), o.num("timeout", 45))) { setup_failed(e, "churn setup"); return 2; }
  for (u32 i = 0; i < c.watchers; i++) {
    string list;
    for (u32 j = 0; j < c.each; j++) list += (j ? ",\"" : "\"") + visitor(o, (i * c.each + j) % c.visitors) + "\"";
    e.send_text(e.c[i], "{\"type\":\"watch\",\"peers\":[" + list + "]}");
  }
  e.run_for(o.num("settle", 2));
  o.tell(QUIET);
  e.run_for(quiet);
  c.deliveries = c.uninvolved = 0;
  ProcStat a = read_proc(o.pids, true);
  o.tell(MEANWHILE);
  u64 t0 = now_ns(), came = 0, left = 0, late = 0, cut = 0;
  u64 stay = (u64)(c.visitors / rate / 2 * 1e9), step = (u64)(1e9 / rate);
  std::vector<u8> online(c.visitors, 0);
  while ((came < joins || left < joins) && !g_stop) {
    u64 t = now_ns() - t0;
    while (came < joins && t >= came * step) {
      u32 v = (u32)(came % c.visitors);
      Conn& k = e.c[c.peers + v];
      if (k.fd >= 0) { late++; e.close_conn(k); }
      e.start(k);
      online[v] = 1;
      came++;
    }
    while (left < came && t >= left * step + stay) {  // the last time, those with even numbers stay
      u32 v = (u32)(left % c.visitors);
      if (left + c.visitors < joins || v % 2) {
        if (e.c[c.peers + v].st != REG) cut++;
        e.close_conn(e.c[c.peers + v]);
        online[v] = 0;
      }
      left++;
    }
    e.poll((long long)std::min<u64>(step / 2, 1000000));
  }
  double took = (double)(now_ns() - t0) / 1e9;
  o.tell(OVER);
  ProcStat m = read_proc(o.pids, false);
  u64 changed = now_ns(), until = changed + (u64)(o.num("join-timeout", 10) * 1e9);
  while (!g_stop && now_ns() < until && c.wrong(online)) e.poll(10000000);
  double settled = c.t_last > changed ? (double)(c.t_last - changed) / 1e9 : 0;
  e.run_for(0.5);
  u64 wrong = c.wrong(online), events = came + left - c.visitors / 2;
  ProcStat b = read_proc(o.pids, true);
  bool bad = wrong || c.damaged || c.errors || e.unexpected_close || e.errors || (o.flag("scoped") && c.uninvolved);
  printf("churn %u peers, %u watchers of %u, %u visitors: %llu comings and goings in %.2f s, %llu statuses to watchers (%llu wrong at the end, settled %.2f s after), %llu to others, %.2f server CPU-s (%.2f with the settling), RSS %.1f -> %.1f MB, late %llu, cut short %llu%s\n", c.peers, c.watchers, c.each, c.visitors,
         (unsigned long long)events, took, (unsigned long long)c.deliveries, (unsigned long long)wrong, settled, (unsigned long long)c.uninvolved, m.cpu - a.cpu, b.cpu - a.cpu, a.rss_kb / 1024.0, b.rss_kb / 1024.0, (unsigned long long)late, (unsigned long long)cut, bad ? "  ** FAILED **" : "");
  Json j = base_json(o);
  j.i("peers", c.peers).i("watchers", c.watchers).i("watched_each", c.each).i("flappers", c.visitors).i("events", (long long)events).d("seconds", took).i("deliveries", (long long)c.deliveries).i("uninvolved", (long long)c.uninvolved).i("wrong_at_end", (long long)wrong).d("settled_s", settled)
      .d("cpu_s", m.cpu - a.cpu, 2).d("cpu_settled_s", b.cpu - a.cpu, 2).i("rss_before_kb", a.rss_kb).i("rss_after_kb", b.rss_kb).i("late", (long long)late).i("cut_short", (long long)cut).i("errors", e.errors + (long)c.errors).i("closed", e.unexpected_close).b("ok", !bad);
  return finish(e, j, bad);
}
