// An identity provider to log in at: node provider.mjs PORT REDIRECT_URI
// Whoever logs in as NAME has the subject NAME and the group "trust-safety"; the password is not looked at.
import { Provider } from "oidc-provider";

const [port, redirect] = process.argv.slice(2);
const issuer = `http://localhost:${port}`;

const provider = new Provider(issuer, {
  clients: [{ client_id: "portreeve", client_secret: "a-secret", redirect_uris: [redirect] }],
  claims: { openid: ["sub"], profile: ["name", "preferred_username"], groups: ["groups"] },
  scopes: ["openid", "profile", "groups"],
  cookies: { keys: ["only-for-tests"] },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, preferred_username: id, name: `${id} of the provider`, groups: ["trust-safety"] }),
  }),
});
provider.on("server_error", (_, error) => console.error(error));
provider.listen(Number(port), "localhost", () => console.log("ready"));
