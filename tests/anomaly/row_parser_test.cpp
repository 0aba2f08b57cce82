#include "anomaly/row_parser.hpp"

#include "tests/catch.hpp"

using namespace meshwarden::anomaly;

namespace {

std::string told(const std::string& line) {
    RowParser parser;
    TextRow row;
    TextRow unused;
    REQUIRE(parser.parse("0,a,b,1", unused));  // the first line may be a header, the others not
    const auto parsed = parser.parse(line, row);
    return parsed ? "" : parsed.error().message;
}

}  // namespace

TEST_CASE("a row is read as it stands") {
    struct Case { const char* line; Interval interval; const char* source; const char* destination; double count; };
    const auto c = GENERATE(
        Case{"0,a,b,1", 0, "a", "b", 1}, Case{"812,shop/web,shop/cart,14.5", 812, "shop/web", "shop/cart", 14.5},
        Case{"7,a,b,0", 7, "a", "b", 0}, Case{"7,a,b,1e15", 7, "a", "b", 1e15}, Case{"7,a,b,3\r", 7, "a", "b", 3},
        Case{"7,\"a,b\",c,3", 7, "a,b", "c", 3}, Case{"7,\"say \"\"hi\"\"\",\"c\",3", 7, "say \"hi\"", "c", 3},
        Case{"7,\xc3\xa9,\xff\xfe,3", 7, "\xc3\xa9", "\xff\xfe", 3}, Case{"7,a,b,3,further,columns,", 7, "a", "b", 3},
        Case{"2000000000,a,a,3", 2'000'000'000, "a", "a", 3});
    RowParser parser;
    TextRow row;
    REQUIRE(parser.parse(c.line, row) == RowParser::Line::row);
    CHECK(row.interval == c.interval);
    CHECK(row.source == c.source);
    CHECK(row.destination == c.destination);
    CHECK(row.count == Approx(c.count));
    CHECK(row.principal.empty());
}

TEST_CASE("what is no row is refused, with what was expected") {
    struct Case { const char* line; const char* says; };
    const auto c = GENERATE(
        Case{"1,a,b", "3 fields"}, Case{"x,a,b,1", "'x' is no interval index"}, Case{"1.5,a,b,1", "no interval index"},
        Case{"-1,a,b,1", "out of range"}, Case{"2000000001,a,b,1", "out of range"},
        Case{"99999999999999999999,a,b,1", "no interval index"}, Case{"1,,b,1", "is empty"}, Case{"1,a,,1", "is empty"},
        Case{"1,a,b,", "'' is no count"}, Case{"1,a,b,nan", "no count"}, Case{"1,a,b,inf", "no count"},
        Case{"1,a,b,-1", "no count"}, Case{"1,a,b,1e300", "no count"}, Case{"1,a,b,1e999", "no count"},
        Case{"1,a,b,0x10", "no count"}, Case{"1,a,b, 1", "no count"}, Case{"1,\"a,b,1", "does not end"},
        Case{"1,\"a\"x,b,1", "followed by text"}, Case{"interval_index,source,destination,count", "no interval index"});
    CHECK(told(c.line).find(c.says) != std::string::npos);
}

TEST_CASE("lines and names are bounded, and so is what is said of them") {
    CHECK(told("1," + std::string(1025, 'a') + ",b,1").find("longer than 1024") != std::string::npos);
    CHECK(told(std::string(70'000, '1')).find("longer than 64 KiB") != std::string::npos);
    CHECK(told("1,a,b," + std::string(50'000, '9') + "x").size() < 200);
    CHECK(told(std::string("1,a,b,\x1b[31m\x07x")).find('\x1b') == std::string::npos);
}

TEST_CASE("a header names further columns, in any order") {
    RowParser parser;
    TextRow row;
    REQUIRE(parser.parse("interval_index,source,destination,count,mtls,source_version,principal", row) ==
            RowParser::Line::header);
    CHECK(parser.parse("", row) == RowParser::Line::empty);
    REQUIRE(parser.parse("3,a,b,1,true,v2,spiffe://td/ns/x/sa/y", row) == RowParser::Line::row);
    CHECK(row.principal == "spiffe://td/ns/x/sa/y");
    CHECK(row.source_version == "v2");
    REQUIRE(parser.parse("3,a,b,1", row) == RowParser::Line::row);
    CHECK(row.principal.empty());
}

TEST_CASE("a header that names other columns is refused") {
    RowParser parser;
    TextRow row;
    const auto parsed = parser.parse("time,src,dst,count", row);
    REQUIRE(!parsed);
    CHECK(parsed.error().message.find("column 1 is named 'time'") != std::string::npos);
}
