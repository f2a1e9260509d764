// One function a command; each returns the process's exit code.
#pragma once
#include "engine.h"

int run_idle(Opts&);
int run_relay(Opts&);
int run_handshake(Opts&);
int run_offline(Opts&);
int run_presence(Opts&);
int run_reconnect(Opts&);
int run_serve_relay(Opts&);
int run_churn(Opts&);
int run_roster(Opts&);
int run_slow(Opts&);
