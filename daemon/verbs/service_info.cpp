// org.varlink.service: what every Varlink service tells about itself.

#include "common/json/writer.hpp"
#include "common/protocol/interface.hpp"
#include "common/version.hpp"
#include "daemon/verbs/verbs.hpp"

namespace procpool::verbs {

asio::awaitable<void> answer(Context& context, request::GetInfo) {
  json::Writer out;
  out.begin_object().field("vendor", "procpool").field("product", "procpoold").field("version", version);
  out.field("url", "https://github.com/procpool/procpool").key("interfaces").begin_array();
  out.string(protocol::service_interface_name).string(protocol::interface_name);
  const std::string reply = out.end_array().end_object().take();
  co_await context.responder.reply(reply);
}

asio::awaitable<void> answer(Context& context, request::GetInterfaceDescription request) {
  std::string_view text;
  if (request.interface == protocol::interface_name) text = protocol::interface_description();
  if (request.interface == protocol::service_interface_name) text = protocol::service_interface_description();
  json::Writer out;
  out.begin_object();
  if (text.empty()) {
    const std::string parameters = out.field("interface", request.interface).end_object().take();
    co_await context.responder.fail("org.varlink.service.InterfaceNotFound", parameters);
    co_return;
  }
  const std::string reply = out.field("description", text).end_object().take();
  co_await context.responder.reply(reply);
}

}  // namespace procpool::verbs
