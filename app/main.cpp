#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>
#include <functional>
#include <map>

#include "app/commands.hpp"

namespace {

using meshwarden::app::Format;

const std::map<std::string, Format> formats{{"text", Format::text}, {"json", Format::json}};

void add_format(CLI::App* command, Format& format) {
    command->add_option("--format", format, "text or json")->transform(CLI::CheckedTransformer(formats).description(""))->type_name("FORMAT");
}

}  // namespace

int main(int argc, char** argv) try {
    CLI::App cli("Watches an Istio service mesh for security trouble, beside its Prometheus.", "meshwarden");
    cli.require_subcommand(1);
    std::function<int()> command;
    std::string config_file = "meshwarden.yaml", database, expected_head;
    std::vector<std::string> files;
    Format format = Format::text;
    bool defaults = false, reference = false;

    auto* run = cli.add_subcommand("run", "the service; SIGTERM and SIGINT stop it, SIGHUP reads the configuration anew");
    run->add_option("--config", config_file, "configuration file")->capture_default_str();
    run->callback([&] { command = [&] { return meshwarden::app::run(config_file); }; });

    auto* check = cli.add_subcommand("check", "are these configuration, signal or rule files right? All problems at once");
    check->add_option("FILE", files, "files")->required();
    add_format(check, format);
    check->callback([&] { command = [&] { return meshwarden::app::check(files, format); }; });

    auto* verify = cli.add_subcommand("verify", "is the history in this database whole?");
    verify->add_option("DB", database, "a path or a storage URL")->required();
    verify->add_option("--expect-head", expected_head, "head hash that it must have");
    add_format(verify, format);
    verify->callback([&] { command = [&] { return meshwarden::app::verify(database, expected_head, format); }; });

    auto* config = cli.add_subcommand("config", "the default configuration file; the reference page");
    auto* which = config->add_option_group("page")->require_option(1);
    which->add_flag("--defaults", defaults, "the default file, every key explained");
    which->add_flag("--reference", reference, "the reference page, in Markdown");
    config->callback([&] { command = [&] { return defaults ? meshwarden::app::print_defaults() : meshwarden::app::print_reference(); }; });

    auto* version = cli.add_subcommand("version", "version and commit");
    add_format(version, format);
    version->callback([&] { command = [&] { return meshwarden::app::print_version(format); }; });

    try {
        cli.parse(argc, argv);
    } catch (const CLI::ParseError& problem) {
        return cli.exit(problem) == 0 ? 0 : 2;
    }
    return command();
} catch (const std::exception& problem) {
    std::fprintf(stderr, "meshwarden: %s\n", problem.what());
    return 3;
}
