// Serves org.varlink.certification with our frames and our JSON, so that the certification
// client of another implementation can examine them. The interface hands out a value and
// wants it back as the argument of the next call, nine times; then comes a stream of ten
// replies, and at last a call that must not be answered.
//
//   certification_server SOCKET INTERFACE_FILE      until it is killed

#include <fcntl.h>
#include <sys/socket.h>

#include <array>
#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "common/json/object_reader.hpp"
#include "common/json/writer.hpp"
#include "common/os/unix_socket.hpp"
#include "common/protocol/frame.hpp"
#include "common/protocol/interface.hpp"
#include "common/protocol/reply_codec.hpp"

namespace procpool {
namespace {

constexpr std::string_view certification = "org.varlink.certification";
constexpr std::size_t limit = 1 << 20;
constexpr int stream_length = 10;

struct Test {
  std::string_view method;
  std::string_view wants;  // the parameters, but the client's id
  std::string_view gives;
};

/// What one gives, the next one wants.
constexpr std::array<Test, 9> tests{{
    {"Test01", R"({})", R"({"bool":true})"},
    {"Test02", R"({"bool":true})", R"({"int":1})"},
    {"Test03", R"({"int":1})", R"({"float":1.0})"},
    {"Test04", R"({"float":1.0})", R"({"string":"ping"})"},
    {"Test05", R"({"string":"ping"})",
     R"({"bool":false,"int":2,"float":3.141592653589793,"string":"a lot of string"})"},
    {"Test06", R"({"bool":false,"int":2,"float":3.141592653589793,"string":"a lot of string"})",
     R"({"struct":{"bool":false,"int":2,"float":3.141592653589793,"string":"a lot of string"}})"},
    {"Test07", R"({"struct":{"bool":false,"int":2,"float":3.141592653589793,"string":"a lot of string"}})",
     R"({"map":{"bar":"Bar","foo":"Foo"}})"},
    {"Test08", R"({"map":{"bar":"Bar","foo":"Foo"}})", R"({"set":{"one":{},"three":{},"two":{}}})"},
    {"Test09", R"({"set":{"one":{},"three":{},"two":{}}})",
     R"({"mytype":{"object":{"method":"org.varlink.certification.Test09","parameters":{"map":{"foo":"Foo","bar":"Bar"}}},)"
     R"("enum":"two","struct":{"first":1,"second":"2"},"array":["one","two","three"],)"
     R"("dictionary":{"foo":"Foo","bar":"Bar"},"stringset":{"one":{},"two":{},"three":{}},"nullable":null,)"
     R"("nullable_array_struct":null,"interface":{"foo":[null,{"foo":"foo","bar":"bar"},null,)"
     R"({"one":"foo","two":"bar"}],"anon":{"foo":true,"bar":false}}}})"},
}};

struct Call {
  std::string method;
  std::string parameters = "{}";
  bool more = false;
  bool oneway = false;
};

Result<Call> read_call(std::string_view message) {
  const auto checked = json::check(message);
  if (!checked) return checked.error();
  json::ObjectReader in(*checked);
  Call call{in.string("method")};
  if (const auto parameters = in.optional_object("parameters")) call.parameters = parameters->text();
  call.more = in.optional_bool("more").value_or(false);
  call.oneway = in.optional_bool("oneway").value_or(false);
  if (auto good = in.finish(); !good) return good.error();
  return call;
}

/// Without null members: they may be left out, too.
nlohmann::json without_nulls(const nlohmann::json& value) {
  if (!value.is_object()) return value;
  nlohmann::json kept = nlohmann::json::object();
  for (const auto& [key, member] : value.items())
    if (!member.is_null()) kept[key] = without_nulls(member);
  return kept;
}

/// The conversation with one client: what to answer to each call, frames without NUL.
class Examination {
 public:
  explicit Examination(std::string_view description) : description_(description) {}

  std::vector<std::string> answer(const Call& call) {
    const std::size_t dot = call.method.rfind('.');
    const std::string name = dot == std::string::npos ? "" : call.method.substr(dot + 1);
    if (call.method.substr(0, dot) == protocol::service_interface_name) return {service(name, call)};
    if (call.method.substr(0, dot) != certification)
      return {protocol::encode_error("org.varlink.service.InterfaceNotFound", R"({"interface":"?"})")};
    if (name == "Start") {
      is_good_ = true;
      return {protocol::encode_reply(R"({"client_id":"the only one"})")};
    }
    nlohmann::json parameters = nlohmann::json::parse(call.parameters);
    if (parameters.value("client_id", "") != "the only one")
      return {protocol::encode_error("org.varlink.certification.ClientIdError", "{}")};
    parameters.erase("client_id");
    if (name == "Test10") return stream(call, parameters);
    if (name == "Test11") return end_of_stream(call, parameters);
    if (name == "End")
      return {protocol::encode_reply(is_good_ ? R"({"all_ok":true})" : R"({"all_ok":false})")};
    for (const Test& test : tests)
      if (test.method == name)
        return {examined(parameters, test.wants, protocol::encode_reply(std::string(test.gives)))};
    return {protocol::encode_error("org.varlink.service.MethodNotFound", R"({"method":"?"})")};
  }

 private:
  std::string service(const std::string& name, const Call& call) {
    json::Writer out;
    out.begin_object();
    if (name == "GetInfo") {
      out.field("vendor", "procpool")
          .field("product", "certification_server")
          .field("version", "1")
          .field("url", "");
      out.key("interfaces")
          .begin_array()
          .string(protocol::service_interface_name)
          .string(certification)
          .end_array();
    } else {
      const auto wanted = nlohmann::json::parse(call.parameters).value("interface", "");
      out.field("description",
                wanted == certification ? description_ : protocol::service_interface_description());
    }
    return protocol::encode_reply(out.end_object().text());
  }

  /// `answer` if the parameters are the wanted ones, else the error that says so.
  std::string examined(const nlohmann::json& parameters, std::string_view wanted, std::string answer) {
    const auto wants = nlohmann::json::parse(wanted);
    if (without_nulls(parameters) == without_nulls(wants)) return answer;
    is_good_ = false;
    const nlohmann::json complaint{{"wants", wants}, {"got", parameters}};
    std::cerr << complaint.dump() << '\n';
    return protocol::encode_error("org.varlink.certification.CertificationError", complaint.dump());
  }

  std::vector<std::string> stream(const Call& call, const nlohmann::json& parameters) {
    if (!call.more) return {protocol::encode_error("org.varlink.service.ExpectedMore", "{}")};
    std::vector<std::string> replies;
    for (int i = 1; i <= stream_length; ++i)
      replies.push_back(protocol::encode_reply(R"({"string":"Reply number )" + std::to_string(i) + "\"}",
                                               i < stream_length));
    replies.front() = examined(parameters, tests.back().gives, replies.front());
    if (!is_good_) replies.resize(1);
    return replies;
  }

  std::vector<std::string> end_of_stream(const Call& call, const nlohmann::json& parameters) {
    nlohmann::json all = nlohmann::json::array();
    for (int i = 1; i <= stream_length; ++i) all.push_back("Reply number " + std::to_string(i));
    is_good_ = is_good_ && call.oneway && parameters == nlohmann::json{{"last_more_replies", all}};
    if (call.oneway) return {};
    return {protocol::encode_reply("{}")};
  }

  std::string_view description_;
  bool is_good_ = false;
};

/// Until the client goes, or says what is no call.
void serve(const os::Fd& client, std::string_view description) {
  Examination examination(description);
  protocol::FrameSplitter frames('\0', limit);
  std::vector<os::Fd> descriptors;
  for (;;) {
    const auto received = os::receive_some(client.get(), frames.prepare(4096), 4096, descriptors);
    if (!received || received->ended) return;
    frames.commit(received->bytes);
    for (;;) {
      const auto message = frames.next();
      if (!message) return;
      if (!*message) break;
      const auto call = read_call(**message);
      if (!call) {
        std::cerr << call.error().message() << '\n';
        return;
      }
      for (std::string& reply : examination.answer(*call)) {
        reply += '\0';
        for (std::string_view rest = reply; !rest.empty();) {
          const auto sent = os::send_some(client.get(), rest);
          if (!sent) return;
          rest.remove_prefix(*sent);
        }
      }
    }
  }
}

int run(const std::string& path, const std::string& interface_file) {
  std::ifstream file(interface_file);
  std::ostringstream content;
  content << file.rdbuf();
  const std::string description = content.str();
  const auto listener = os::listen_at(path, 16);
  if (description.empty() || !listener) {
    std::cerr << (listener ? interface_file + " is empty" : listener.error().message()) << '\n';
    return 1;
  }
  fcntl(listener->get(), F_SETFL, 0);  // it comes non-blocking
  std::cout << "ready" << std::endl;
  for (;;) {
    const os::Fd client(accept4(listener->get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (client) serve(client, description);
  }
}

}  // namespace
}  // namespace procpool

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: certification_server SOCKET INTERFACE_FILE\n";
    return 2;
  }
  return procpool::run(argv[1], argv[2]);
}
