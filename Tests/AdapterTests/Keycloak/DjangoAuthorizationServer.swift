import EventSourcing
import FoundationEssentials
import Subprocess

/// django-oauth-toolkit, somebody else's authorization server, whose access tokens are shaped like Keycloak's.
enum DjangoAuthorizationServer {
    /// The server's issuer goes to `body`; false, saying so, where the Python package is not installed.
    static func run(at now: Timestamp, _ body: @Sendable (String) async throws -> Void) async throws -> Bool {
        let python = ProcessInfo.processInfo.environment["DEPLOYCENTER_TEST_PYTHON"] ?? "python3"
        return try await Subprocess.run(
            .name("env"),
            arguments: Arguments([python, "-u", "-c", script, String(now.microseconds / 1_000_000)]), input: .none,
            output: .sequence, error: .currentStandardError
        ) { execution in
            var issuer: String?
            for try await line in execution.standardOutput.strings() {
                issuer = line.split(whereSeparator: \.isNewline).first.map(String.init)
                break
            }
            guard let issuer, issuer != "missing" else {
                print("skipped: \(python) has no django-oauth-toolkit")
                return false
            }
            let result: Result<Void, any Error>
            do {
                result = .success(try await body(issuer))
            } catch {
                result = .failure(error)
            }
            try execution.send(signal: .kill)
            try result.get()
            return true
        }.closureResult
    }

    private static let script = #"""
        import socketserver, sys, uuid, wsgiref.simple_server
        try:
            import django, oauth2_provider
            from jwcrypto import jwk, jwt
        except ImportError:
            print("missing")
            sys.exit()
        from django.conf import settings

        now = int(sys.argv[1])
        class Quiet(wsgiref.simple_server.WSGIRequestHandler):
            def log_message(self, *arguments): pass
        server = wsgiref.simple_server.make_server("127.0.0.1", 0, None, handler_class=Quiet)
        issuer = f"http://127.0.0.1:{server.server_port}/o"
        key = jwk.JWK.generate(kty="RSA", size=2048)

        def access_token(request, refresh_token=False):
            user = request.user
            claims = {
                "iss": issuer, "aud": ["deploycenter-api"], "azp": request.client.client_id,
                "typ": "Refresh" if refresh_token else "Bearer", "sub": str(user.pk),
                "preferred_username": user.username, "iat": now, "exp": now + 300, "jti": str(uuid.uuid4()),
                "realm_access": {"roles": ["deployer"]},
            }
            token = jwt.JWT(header={"alg": "RS256", "typ": "JWT", "kid": key.thumbprint()}, claims=claims)
            token.make_signed_token(key)
            return token.serialize()

        settings.configure(
            SECRET_KEY="test", ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, USE_TZ=True,
            DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
            INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "oauth2_provider"],
            PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
            OAUTH2_PROVIDER={
                "OIDC_ENABLED": True, "OIDC_ISS_ENDPOINT": issuer, "ACCESS_TOKEN_GENERATOR": access_token,
                "REFRESH_TOKEN_GENERATOR": lambda request: access_token(request, True),
                "OIDC_RSA_PRIVATE_KEY": key.export_to_pem(private_key=True, password=None).decode(),
                "SCOPES": {"openid": "log in", "read": "read"},
            })
        django.setup()
        from django.core.management import call_command
        from django.core.wsgi import get_wsgi_application
        from django.urls import include, path
        urlpatterns = [path("o/", include("oauth2_provider.urls", namespace="oauth2_provider"))]
        call_command("migrate", verbosity=0)
        from django.contrib.auth.models import User
        from oauth2_provider.models import Application
        User.objects.create_user("dana", password="dana")
        Application.objects.create(
            name="cli", client_id="cli", client_secret="secret", client_type="confidential",
            authorization_grant_type="password", algorithm="RS256")
        server.set_app(get_wsgi_application())
        print(issuer)
        server.serve_forever()
        """#
}
