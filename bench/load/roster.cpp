#include "scenarios.h"

// Peers that ask who is here, all at once, in full or a page at a time; each answer is counted, the first of each asker name by name.
// A full list may be cut where it would be too long for a client; then it must hold what it counts, and say how many there are.
struct Roster : Scen {
  Engine& e;
  u32 peers, askers, asks;
  long limit;
  struct Asker { u32 asked = 0, answers = 0, names = 0; u64 t = 0; std::vector<bool> seen; bool checked = false; };
  std::vector<Asker> a;
  std::vector<std::pair<u32, string>> todo;  // who goes on, after whom
  Hist lat;
  u64 answers = 0, bytes = 0, incomplete = 0, doubled = 0, errors = 0, done = 0, t_last = 0;
  Roster(Engine& ee) : e(ee) {}
  static string text(const char* b, size_t n, const char* key) {
    const char* f = find(b, n, key);
    if (!f) return {};
    f += strlen(key);
    return string(f, std::min<size_t>(strcspn(f, "\",}"), (size_t)(b + n - f)));
  }
  static u32 number(const char* b, size_t n, const char* key, u32 otherwise) {
    size_t end = std::min<size_t>(n, 300);
    const char* f = find(b + n - end, end, key);
    if (!f) f = find(b, end, key);
    return f ? (u32)strtoul(f + strlen(key), nullptr, 10) : otherwise;
  }
  void ask(Conn& k, const string& after = {}) {
    Asker& q = a[k.idx];
    q.asked++;
    q.t = now_ns();
    if (limit <= 0 && after.empty()) e.send_text(k, "{\"type\":\"get-peers\"}");
    else {
      string m = "{\"type\":\"get-peers\"";
      if (limit > 0) m += fmt(",\"limit\":%ld", limit);
      if (!after.empty()) m += ",\"after\":\"" + after + "\"";
      e.send_text(k, m + "}");
    }
  }
  void names(Asker& q, const char* b, size_t n) {
    if (q.checked) return;
    const string key = "\"peerId\":\"" + e.o.prefix;
    for (const char *p = b, *end = b + n; (p = find(p, (size_t)(end - p), key)); ) {
      p += key.size();
      u64 id;
      if (end - p < 6 || !get_hex(p, 6, id) || id >= peers) continue;
      if (q.seen[id]) doubled++;
      else { q.seen[id] = true; q.names++; }
    }
  }
  void msg(Conn& k, char* b, size_t n) override {
    if (k.idx >= askers) return;
    if (find(b, std::min<size_t>(n, 200), "\"error\"")) { errors++; if (e.first_error.empty()) e.first_error = string(b, std::min<size_t>(n, 160)); return; }
    if (!find(b, std::min<size_t>(n, 40), "\"peers-list\"") && !find(b + n - std::min<size_t>(n, 200), std::min<size_t>(n, 200), "\"peers-list\"")) return;
    Asker& q = a[k.idx];
    lat.add(e.tnow - q.t);
    answers++;
    bytes += n;
    t_last = e.tnow;
    names(q, b, n);
    size_t tail = std::min<size_t>(n, 400);
    string next = text(b + n - tail, tail, "\"next\":\"");
    if (next.empty()) next = text(b, std::min<size_t>(n, 400), "\"next\":\"");
    if (!next.empty()) { todo.push_back({k.idx, next}); return; }
    if (!q.checked) {
      u32 count = number(b, n, "\"count\":", 0), total = number(b, n, "\"total\":", count);
      if (limit > 0) total = q.names;  // over all pages
      else if (q.names != count) incomplete++;
      q.checked = true;
      if (total != peers - 1) incomplete++;
    }
    q.answers++;
    if (q.answers < asks) todo.push_back({k.idx, ""});
    else done++;
  }
};

int run_roster(Opts& o) {
  Engine e(o);
  Roster r(e);
  r.peers = (u32)o.in("peers", 1000);
  r.askers = std::min((u32)o.in("askers", 50), r.peers);
  r.asks = (u32)o.in("asks", 4);
  r.limit = o.in("limit", 0);
  double quiet = o.num("quiet", 0);
  r.a.resize(r.askers);
  for (auto& q : r.a) q.seen.resize(r.peers);
  e.alloc(r.peers + 1);
  e.sc = &r;
  if (!e.connect_all(range(0, r.peers), o.num("timeout", 45))) { setup_failed(e, "roster setup"); return 2; }
  e.run_for(o.num("settle", 2));
  o.tell(QUIET);
  e.run_for(quiet);
  ProcStat a = read_proc(o.pids, true);
  o.tell(MEANWHILE);
  u64 t0 = now_ns(), end = t0 + (u64)(o.num("seconds", 30) * 1e9);
  for (u32 i = 0; i < r.askers; i++) r.ask(e.c[i]);
  while (r.done < r.askers && !r.errors && !g_stop && !e.unexpected_close && now_ns() < end) {
    e.poll(5000000);
    std::vector<std::pair<u32, string>> todo;
    todo.swap(r.todo);
    for (auto& x : todo) r.ask(e.c[x.first], x.second);
  }
  double took = (double)(std::max(r.t_last, t0) - t0) / 1e9;
  o.tell(OVER);
  ProcStat b = read_proc(o.pids, true);
  double per = r.answers ? (double)r.bytes / (double)r.answers : 0, cpu = r.answers ? (b.cpu - a.cpu) * 1e3 / (double)r.answers : 0;
  bool bad = r.done < r.askers || r.incomplete || r.doubled || r.errors || e.unexpected_close;
  printf("roster of %u, %u askers, %s: %llu answers of %.0f B in %.2f s, p50 %.2f p99 %.2f ms, %.3f server CPU-ms an answer, RSS %.1f -> %.1f MB; incomplete %llu, doubled %llu%s\n", r.peers, r.askers, r.limit > 0 ? fmt("pages of %ld", r.limit).c_str() : "in full", (unsigned long long)r.answers, per, took, r.lat.us(.5) / 1e3,
         r.lat.us(.99) / 1e3, cpu, a.rss_kb / 1024.0, b.rss_kb / 1024.0, (unsigned long long)r.incomplete, (unsigned long long)r.doubled, bad ? "  ** FAILED **" : "");
  Json j = base_json(o);
  j.i("peers", r.peers).i("askers", r.askers).i("asks", r.asks).i("limit", r.limit).i("answers", (long long)r.answers).d("bytes_per_answer", per, 0).d("seconds", took).d("p50_ms", r.lat.us(.5) / 1e3).d("p99_ms", r.lat.us(.99) / 1e3).d("cpu_ms_per_answer", cpu, 4).d("cpu_s", b.cpu - a.cpu, 2)
      .i("rss_before_kb", a.rss_kb).i("rss_after_kb", b.rss_kb).i("incomplete", (long long)r.incomplete).i("doubled", (long long)r.doubled).i("errors", (long long)r.errors).i("closed", e.unexpected_close).b("ok", !bad);
  return finish(e, j, bad);
}
