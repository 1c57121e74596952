#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace procpool::client {

enum class Align { left, right };

/// A table for people: columns two spaces apart, as wide as what is in them.
class Table {
 public:
  struct Column {
    std::string heading;
    Align align = Align::left;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// One cell a column; they are made harmless for terminals.
  void add(const std::vector<std::string>& cells);
  bool empty() const { return rows_.empty(); }

  /// Lines with their ends; the headings bold if `coloured`. No space at a line's end.
  std::string text(bool coloured) const;

 private:
  std::string line(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace procpool::client
