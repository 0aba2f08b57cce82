"""Bootstrap files of two kinds of sidecar, with Istio's stat names, tags and inclusion list (its default and the
patch that the signals page proposes): a server's (mTLS only, RBAC) and the client's (a port and a cluster a case).
All on loopback."""

TYPE = "type.googleapis.com/envoy.extensions."
HOST = "127.0.0.1"

TAGS = [("cluster_name", r"^cluster(\.(.+);)"), ("tcp_prefix", r"^tcp\.((.*?)\.)\w+?$"),
        ("http_conn_manager_prefix", r"^http(\.(.+);)"),
        ("listener_address", r"^listener\.(((?:[_.[:digit:]]*|[_\[\]aAbBcCdDeEfF[:digit:]]*))\.)"),
        ("authz_enforce_result", r"rbac(\.(allowed|denied))"),
        ("authz_dry_run_action", r"(\.istio_dry_run_(allow|deny)_)"),
        ("authz_dry_run_result", r"(\.shadow_(allowed|denied))")]
DEFAULT = ([{"prefix": text} for text in ("cluster_manager", "listener_manager", "server", "cluster.xds-grpc")]
           + [{"suffix": text} for text in ("rbac.allowed", "rbac.denied", "shadow_allowed", "shadow_denied")])
PATCH = [r"listener\.[\[0-9].*\.ssl\.(handshake|connection_error|no_certificate|fail_verify_.*)",
         r"listener\.[\[0-9].*\.no_filter_chain_match",
         r"cluster\.(outbound|inbound-vip).*;\.ssl\.(connection_error|fail_verify_.*)",
         r"cluster\.(outbound|inbound-vip).*;\.upstream_(rq_retry.*|rq_(pending|active)_overflow|cx_overflow)",
         r"cluster\..*;\.outlier_detection\.ejections_(active|enforced_total)"]


def address(port):
    return {"socket_address": {"address": HOST, "port_value": port}}


def typed(name, kind, **fields):
    return {"name": name, "typed_config": {"@type": TYPE + kind, **fields}}


def bootstrap(name, admin_port, listeners, clusters):
    patterns = DEFAULT + [{"safe_regex": {"regex": regex}} for regex in PATCH]
    return {"node": {"id": name, "cluster": name}, "admin": {"address": address(admin_port)},
            "stats_config": {"use_all_default_tags": False,
                             "stats_tags": [{"tag_name": tag, "regex": regex} for tag, regex in TAGS],
                             "stats_matcher": {"inclusion_list": {"patterns": patterns}}},
            "static_resources": {"listeners": listeners, "clusters": clusters}}


def cluster(name, port, **fields):
    endpoint = {"endpoint": {"address": address(port)}}
    return {"name": name, "alt_stat_name": name + ";", "type": "STATIC", "connect_timeout": "2s",
            "common_lb_config": {"healthy_panic_threshold": {"value": 0}},
            "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]}, **fields}


def http(prefix, to, filters=(), retry=None):
    action = {"cluster": to, "timeout": "30s", **({"retry_policy": retry} if retry else {})}
    router = typed("envoy.filters.http.router", "filters.http.router.v3.Router")
    return typed("envoy.filters.network.http_connection_manager",
                 "filters.network.http_connection_manager.v3.HttpConnectionManager", stat_prefix=prefix + ";",
                 codec_type="AUTO", http_filters=[*filters, router],
                 route_config={"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [
                     {"match": {"prefix": "/"}, "route": action}]}]})


def tcp(prefix, to):
    return typed("envoy.filters.network.tcp_proxy", "filters.network.tcp_proxy.v3.TcpProxy", stat_prefix=prefix,
                 cluster=to)


def server_tls(folder):
    return typed("envoy.transport_sockets.tls", "transport_sockets.tls.v3.DownstreamTlsContext",
                 require_client_certificate=True, common_tls_context=tls_context(folder, "server"))


def client_tls(folder, certificate, trusts="mesh-ca", san="spiffe://cluster.local/"):
    # Without the bound Envoy offers TLS 1.2 alone upstream, where a refused client certificate looks otherwise.
    context = tls_context(folder, certificate, trusts, san)
    context["tls_params"] = {"tls_maximum_protocol_version": "TLSv1_3"}
    return typed("envoy.transport_sockets.tls", "transport_sockets.tls.v3.UpstreamTlsContext",
                 common_tls_context=context)


def tls_context(folder, certificate, trusts="mesh-ca", san="spiffe://cluster.local/"):
    own = [{"certificate_chain": {"filename": f"{folder}/{certificate}.pem"},
            "private_key": {"filename": f"{folder}/{certificate}.key"}}] if certificate else []
    names = [{"san_type": "URI", "matcher": {"prefix": san}}]
    return {"tls_certificates": own, "validation_context": {
        "trusted_ca": {"filename": f"{folder}/{trusts}.pem"}, "match_typed_subject_alt_names": names}}


def server(name, folder, ports, app):
    """STRICT: chains for TLS only. A DENY policy refuses /denied and every TCP byte; all but /ok lack an ALLOW."""
    def policy(action, permission):
        return {"action": action, "policies": {"ns[shop]-policy[rule]-rule[0]": {
            "permissions": [permission], "principals": [{"any": True}]}}}

    def path(prefix):
        return {"url_path": {"path": {"prefix": prefix}}}

    http_rbac = [typed("envoy.filters.http.rbac", "filters.http.rbac.v3.RBAC", rules=policy(action, path(prefix)))
                 for action, prefix in (("DENY", "/denied"), ("ALLOW", "/ok"))]
    tcp_rbac = typed("envoy.filters.network.rbac", "filters.network.rbac.v3.RBAC", stat_prefix="tcp.",
                     rules=policy("DENY", {"any": True}))
    chains = {"http": [http("inbound_0.0.0.0_9080", "inbound|9080||", http_rbac)],
              "tcp": [tcp_rbac, tcp("inbound|9090||", "inbound|9090||")]}
    listener = {"name": "virtualInbound", "stat_prefix": "0.0.0.0_15006", "address": address(ports["http"]),
                "additional_addresses": [{"address": address(ports["tcp"])}],
                "listener_filters": [typed("envoy.filters.listener.tls_inspector",
                                           "filters.listener.tls_inspector.v3.TlsInspector")],
                "filter_chains": [{"filter_chain_match": {"destination_port": ports[kind], "transport_protocol": "tls"},
                                   "filters": filters, "transport_socket": server_tls(folder)}
                                  for kind, filters in chains.items()]}
    return bootstrap(name, ports["admin"], [listener],
                     [cluster("inbound|9080||", app.http_port), cluster("inbound|9090||", app.tcp_port)])


def client(folder, admin_port, cases):
    """For every case a port that leads to its server, through a cluster with what the case is about."""
    listeners, clusters = [], []
    for case in cases:
        kind = case.get("to", "http")
        port = {"http": 9080, "tcp": 9090}[kind]
        name = f"outbound|{port}||{case['name']}.shop.svc.cluster.local"
        how = http(f"outbound_0.0.0.0_{port}", name, retry=case.get("retry")) if kind == "http" else tcp(name, name)
        listeners.append({"name": case["name"], "stat_prefix": f"0.0.0.0_{port}", "address": address(case["port"]),
                          "filter_chains": [{"filters": [how]}]})
        fields = dict(case.get("cluster", {}))
        if "tls" in case:
            fields["transport_socket"] = client_tls(folder, **case["tls"])
        if case["send"] == "grpc":
            fields["typed_extension_protocol_options"] = {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": TYPE + "upstreams.http.v3.HttpProtocolOptions",
                "explicit_http_config": {"http2_protocol_options": {}}}}
        clusters.append(cluster(name, case["server"][kind], **fields))
    return bootstrap("client", admin_port, listeners, clusters)
