#include "daemon/notify.hpp"

#include <systemd/sd-daemon.h>

namespace procpool::notify {

void ready(const std::string& status) { ::sd_notify(0, ("READY=1\nSTATUS=" + status).c_str()); }

void stopping() { ::sd_notify(0, "STOPPING=1"); }

void reloading() { ::sd_notify(0, "RELOADING=1"); }

}  // namespace procpool::notify
