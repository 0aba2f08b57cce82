#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <exception>
#include <functional>
#include <map>
#include <system_error>

#include "app/commands.hpp"
#include "app/detect_command.hpp"
#include "config/wording.hpp"

namespace {

using meshwarden::app::Format;

// What the command line may say; each command uses some of it.
struct Arguments {
    std::string config_file = "meshwarden.yaml", database, expected_head, file, target, incident;
    std::vector<std::string> files;
    Format format = Format::text;
    meshwarden::app::TopologyRequest topology;
    meshwarden::app::ExpectRequest expect;
    bool defaults = false, reference = false;
    meshwarden::app::DetectOptions detect;
    meshwarden::app::DoctorRequest doctor;
    meshwarden::app::BacktestRequest backtest{.url = {}, .config_file = {}, .from = {}, .to = "now", .step = {}};
    std::function<int()> command;  // the one that was given
};

const std::map<std::string, Format> formats{{"text", Format::text}, {"json", Format::json}};
const std::map<std::string, Format> graph_formats{
    {"text", Format::text}, {"json", Format::json}, {"dot", Format::dot}, {"graphml", Format::graphml}};

void add_format(CLI::App* command, Arguments& given, const std::map<std::string, Format>& known = formats,
                const std::string& words = "text or json") {
    command->add_option("--format", given.format, words)
        ->transform(CLI::CheckedTransformer(known).description(""))
        ->type_name("FORMAT");
}

void add_config(CLI::App* command, Arguments& given) {
    command->add_option("--config", given.config_file, "configuration file")->capture_default_str();
}

// Checks of what was given: "" where it is right, else what is wrong.
std::string flaw_of_head(const std::string& given) {
    constexpr std::string_view lower = "0123456789abcdef", either = "0123456789abcdefABCDEF";
    const auto made_of = [&](std::string_view digits) {
        return given.size() == 64 && given.find_first_not_of(digits) == given.npos;
    };
    if (made_of(lower)) return {};
    return fmt::format("{} is no head, expected 64 hexadecimal digits in lower case{}",
                       meshwarden::config::in_quotes(given), made_of(either) ? ": write it in lower case" : "");
}

std::string flaw_of_budget(const std::string& given) {
    double value = 0;
    const auto* last = given.data() + given.size();
    const auto [end, error] = std::from_chars(given.data(), last, value);
    if (error == std::errc{} && end == last && std::isfinite(value) && value > 0) return {};
    return fmt::format("{} given, expected a positive number", meshwarden::config::in_quotes(given));
}

void runs(CLI::App* command, Arguments& given, std::function<int()> run) {
    command->callback([&given, run = std::move(run)] { given.command = run; });
}

void add_service(CLI::App& cli, Arguments& given) {
    auto* run =
        cli.add_subcommand("run", "the service; SIGTERM and SIGINT stop it, SIGHUP reads the configuration anew");
    add_config(run, given);
    runs(run, given, [&] { return meshwarden::app::run(given.config_file); });
}

void add_checks(CLI::App& cli, Arguments& given) {
    auto* check = cli.add_subcommand(
        "check", "are these files right (configuration, signals, rules, rule tests)? All problems at once");
    check->add_option("FILE", given.files, "files")->required();
    add_format(check, given);
    runs(check, given, [&] { return meshwarden::app::check(given.files, given.format); });

    auto* test =
        cli.add_subcommand("test", "do these rule tests pass? Series in; findings, notices and blind signals out");
    test->add_option("FILE", given.files, "files of rule tests")->required();
    add_format(test, given);
    runs(test, given, [&] { return meshwarden::app::test(given.files, given.format); });
}

// Which Prometheus, and by whose rules.
void add_prometheus(CLI::App* command, Arguments& given, std::string& url) {
    auto* there = command->add_option("--prometheus", url, "this one, with the shipped signals and rules")
                      ->check([](const std::string& text) { return text.empty() ? "expected a URL" : ""; }, "")
                      ->type_name("URL");
    command->add_option("--config", given.config_file, "each of this configuration file, with its rules")
        ->capture_default_str()
        ->excludes(there);
}

void add_looks(CLI::App& cli, Arguments& given) {
    auto* doctor = cli.add_subcommand(
        "doctor", "what can be seen at a Prometheus and what cannot, with the patch that mends it; changes nothing");
    add_prometheus(doctor, given, given.doctor.url);
    add_format(doctor, given);
    runs(doctor, given, [&] {
        given.doctor.config_file = given.config_file;
        return meshwarden::app::doctor(given.doctor, given.format);
    });

    auto& request = given.backtest;
    auto* backtest = cli.add_subcommand(
        "backtest", "what would have been opened, told and resolved, from what Prometheus still has; sends nothing");
    add_prometheus(backtest, given, request.url);
    backtest->add_option("--from", request.from, "RFC 3339, seconds since the epoch, or how long ago (7d)")
        ->required()
        ->type_name("TIME");
    backtest->add_option("--to", request.to, "the same, or now")->capture_default_str()->type_name("TIME");
    backtest->add_option("--step", request.step, "from one tick to the next, 1s to 1h; three scrape intervals, unless given")
        ->type_name("DURATION");
    add_format(backtest, given);
    runs(backtest, given, [&] {
        request.config_file = given.config_file;
        return meshwarden::app::backtest(request, given.format);
    });
}

void add_database(CLI::App& cli, Arguments& given) {
    auto* verify = cli.add_subcommand("verify", "is the history in this database whole?");
    verify->add_option("DB", given.database, "a path or a storage URL")->required();
    verify
        ->add_option("--expect-head", given.expected_head,
                     "hash of an event that must be in it: a head that was told elsewhere")
        ->check(flaw_of_head, "")
        ->type_name("HASH");
    add_format(verify, given);
    runs(verify, given, [&] { return meshwarden::app::verify(given.database, given.expected_head, given.format); });

    auto* backup = cli.add_subcommand("backup", "copies a database, while the service runs too; the copy is verified");
    backup->add_option("DB", given.database, "a path or a storage URL")->required();
    backup->add_option("FILE", given.file, "the copy; must not exist")->required();
    add_format(backup, given);
    runs(backup, given, [&] { return meshwarden::app::backup(given.database, given.file, given.format); });
}

void add_detect(CLI::App& cli, Arguments& given) {
    auto& options = given.detect;
    auto* detect =
        cli.add_subcommand("detect", "searches a file of edge rows for what is odd; a finding is one JSON line");
    detect
        ->add_option("--rows", options.rows, "CSV, plain or gzip: interval_index,source,destination,count; - for stdin")
        ->required()
        ->type_name("FILE");
    detect->add_option("--interval", options.interval, "length of one interval, 1s to 1h")
        ->required()
        ->type_name("DURATION");
    detect->add_option("--budget", options.budget, "alerts a day, by the history of the file")
        ->check(flaw_of_budget, "")
        ->capture_default_str();
    detect->add_flag("--all", options.all, "every candidate, not only those within the budget");
    detect->add_option("--scores", options.scores, "writes one float32 a row, larger = odder")->type_name("FILE");
    runs(detect, given, [&] { return meshwarden::app::detect(given.detect); });
}

void add_notify(CLI::App& cli, Arguments& given) {
    auto* notify = cli.add_subcommand("notify", "does a target work; what would be sent");
    auto* which = notify->add_option_group("what")->require_option(1);
    which->add_option("--test", given.target, "sends this target a notice that is marked as a test")
        ->type_name("TARGET");
    which->add_option("--dry-run", given.incident, "prints what each route would send of this incident")
        ->type_name("INCIDENT");
    add_config(notify, given);
    add_format(notify, given);
    runs(notify, given, [&] {
        return given.incident.empty()
                   ? meshwarden::app::notify_test(given.config_file, given.target, given.format)
                   : meshwarden::app::notify_dry_run(given.config_file, given.incident, given.format);
    });
}

void add_topology(CLI::App& cli, Arguments& given) {
    auto* topology =
        cli.add_subcommand("topology", "the learned graph, now or at any time of the retained past; what changed");
    topology
        ->add_option("--at", given.topology.at,
                     "as it was then: RFC 3339, seconds since the epoch, or how long ago (7d)")
        ->type_name("TIME");
    topology->add_option("--diff", given.topology.diff, "only what changed since then")->type_name("TIME");
    topology->add_flag("--cross-namespace", given.topology.cross_namespace, "only edges between two namespaces");
    add_config(topology, given);
    add_format(topology, given, graph_formats, "text, json, dot or graphml");
    runs(topology, given, [&] { return meshwarden::app::topology(given.config_file, given.topology, given.format); });

    auto& said = given.expect;
    auto* expect =
        cli.add_subcommand("expect", "says that edges are expected, or are not; without matchers: what was said");
    auto* match = expect->add_option("MATCHER", said.matchers,
                                     "source_workload=\"a\", destination_namespace=~\"b.*\": all must fit");
    auto* note = expect->add_option("--note", said.note, "why")->needs(match);
    match->needs(note);
    expect->add_option("--owner", said.owner, "who answers for it; you, unless given")->needs(match);
    expect->add_option("--expires", said.expires, "a time, or how long from now on (90d); never, unless given")
        ->needs(match)
        ->type_name("TIME");
    expect->add_flag("--unexpected", said.unexpected, "they are not expected: tell of them whenever they are used")
        ->needs(match);
    expect->add_option("--withdraw", said.withdraw, "ends what was said")->excludes(match)->type_name("ID");
    expect->add_flag("--all", said.all, "also what no longer holds")->excludes(match);
    add_config(expect, given);
    add_format(expect, given);
    runs(expect, given, [&] { return meshwarden::app::expect(given.config_file, said, given.format); });
}

void add_pages(CLI::App& cli, Arguments& given) {
    auto* config = cli.add_subcommand("config", "the default configuration file; the reference page");
    auto* which = config->add_option_group("page")->require_option(1);
    which->add_flag("--defaults", given.defaults, "the default file, every key explained");
    which->add_flag("--reference", given.reference, "the reference page, in Markdown");
    runs(config, given,
         [&] { return given.defaults ? meshwarden::app::print_defaults() : meshwarden::app::print_reference(); });

    auto* version = cli.add_subcommand("version", "version and commit");
    add_format(version, given);
    runs(version, given, [&] { return meshwarden::app::print_version(given.format); });
}

// What was given where a command is expected, and is none.
std::string flaw_of_command(const CLI::App& cli, const std::string& given) {
    std::vector<std::string> known;
    for (const auto* command : cli.get_subcommands({})) known.push_back(command->get_name());
    return fmt::format("{}: {}\nRun meshwarden --help for more information.", meshwarden::config::in_quotes(given),
                       given.starts_with('-') ? "unknown option, expected a command"
                                              : meshwarden::config::unknown("command", given, known));
}

int wrong_usage(const CLI::App& cli, const CLI::ParseError& problem) {
    const auto unknown = cli.remaining();
    if (cli.get_subcommands().empty() && !unknown.empty())
        fmt::print(stderr, "{}\n", flaw_of_command(cli, unknown.front()));
    else
        cli.exit(problem);
    return 2;
}

void complain_of_output(const std::string& why) { fmt::print(stderr, "cannot write to the output: {}\n", why); }

// Small outputs wait in a buffer until now; nobody may take for success what was lost.
int told(int exit_code) {
    if (std::fflush(stdout) == 0 && !std::ferror(stdout)) return exit_code;
    complain_of_output(std::strerror(errno));
    return exit_code == 0 ? 3 : exit_code;
}

}  // namespace

int main(int argc, char** argv) try {
    CLI::App cli("Watches an Istio service mesh for security trouble, beside its Prometheus.", "meshwarden");
    cli.require_subcommand(1);
    Arguments given;
    add_service(cli, given);
    add_checks(cli, given);
    add_looks(cli, given);
    add_database(cli, given);
    add_detect(cli, given);
    add_notify(cli, given);
    add_topology(cli, given);
    add_pages(cli, given);
    try {
        cli.parse(argc, argv);
    } catch (const CLI::ParseError& problem) {
        return problem.get_exit_code() == 0 ? told(cli.exit(problem)) : wrong_usage(cli, problem);
    }
    return told(given.command());
} catch (const std::system_error& problem) {
    if (std::ferror(stdout))
        complain_of_output(problem.code().message());
    else
        std::fprintf(stderr, "meshwarden: %s\n", problem.what());
    return 3;
} catch (const std::exception& problem) {
    std::fprintf(stderr, "meshwarden: %s\n", problem.what());
    return 3;
}
