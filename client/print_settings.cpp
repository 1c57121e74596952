#include "client/print_settings.hpp"

#include <algorithm>

#include "client/facts.hpp"
#include "client/table.hpp"

namespace procpool::client {
namespace {

std::string words_of(std::string kind) {
  std::replace(kind.begin(), kind.end(), '_', kind == "built_in" ? '-' : ' ');
  return kind;
}

}  // namespace

std::string print_settings(json::View object, bool coloured) {
  Facts all(object);
  const auto settings = all.objects("settings");
  const auto waits = [](json::View each) { return !Facts(each).text("after_restart").empty(); };
  const bool any_waits = std::any_of(settings.begin(), settings.end(), waits);
  std::vector<Table::Column> columns{{"SETTING"}, {"VALUE"}, {"FROM"}};
  if (any_waits) columns.push_back({"AFTER A RESTART"});
  Table table(columns);
  for (const json::View each : settings) {
    Facts setting(each);
    const std::string where = setting.text("where");
    std::vector<std::string> cells{setting.text("name"), setting.text("value"),
                                   where.empty() ? words_of(setting.text("origin")) : where};
    if (any_waits) cells.push_back(setting.text("after_restart"));
    table.add(cells);
  }
  std::string files = all.joined("files", "\n");
  return table.text(coloured) +
         (files.empty() ? "\nNo file was read.\n" : "\nRead, the later wins:\n" + files + "\n");
}

}  // namespace procpool::client
