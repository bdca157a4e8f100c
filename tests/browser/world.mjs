// The programs that the pages are tested with: a simulated ZMS over mutual TLS, the embedded Moodle, and the service.
//
// SPDX-License-Identifier: GPL-3.0-or-later
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(fileURLToPath(new URL("../..", import.meta.url)));
const patience = 60_000;

const masters = ["F-I", "F-II", "F-III", "F-III-elearn", "F-ATR", "F-MA", "F/K-SPF", "F-TH-VU", "F-BSA", "F/B-BSA-Sem.", "AGT"];

const program = (name, fallback) => resolve(process.env[name] ?? join(root, "build", fallback));

// Starts a program and waits until it says a line that fits; what it says is kept for when something fails.
const start = (path, args, line) =>
  new Promise((done, failed) => {
    const child = spawn(path, args, { stdio: ["ignore", "pipe", "pipe"] });
    const it = { child, said: "", ended: null };
    const hear = (data) => {
      it.said += data;
      const found = it.said.match(line);
      if (found)
        done(Object.assign(it, { found }));
    };
    it.ended = new Promise((over) => child.on("exit", (code, signal) => over({ code, signal })));
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.on("error", failed);
    it.ended.then(({ code, signal }) => failed(new Error(`${path} ended with ${code ?? signal}:\n${it.said}`)));
    setTimeout(() => failed(new Error(`${path} did not say ${line}:\n${it.said}`)), patience).unref();
  });

const stop = async (it) => {
  if (it === null)
    return { code: 0 };
  it.child.kill("SIGTERM");
  const late = setTimeout(() => it.child.kill("SIGKILL"), 15_000);
  const ended = await it.ended;
  clearTimeout(late);
  return ended;
};

export class World {
  static tenants = [["Landkreis Fulda", "FD"], ["Landkreis Bergstraße", "HP"], ["Main-Kinzig-Kreis", "MKK"],
    ["Hessische Landesfeuerwehrschule", "HLFS"]];

  // `shape`: tenants × Lehrgänge × Teilnehmer; `tenants`: the file of tenants, by default the few above.
  static async create({ shape, tenants = null }) {
    const world = new World();
    world.folder = mkdtempSync(join(tmpdir(), "lehrgaenge-browser-"));
    world.simulator = world.service = null;
    try {
      await world.#build(shape, tenants);
    } catch (error) {
      await world.remove();
      throw error;
    }
    return world;
  }

  async #build(shape, tenants) {
    const at = (name) => join(this.folder, name);
    this.tenantFile = tenants ?? at("tenants.tsv");
    this.year = new Date().getFullYear();
    if (tenants === null)
      writeFileSync(this.tenantFile, World.tenants.map((tenant) => tenant.join("\t") + "\n").join(""));
    this.#call(join(root, "scripts/make-test-certs"), [at("certs")]);
    this.simulator = await start(program("ZMS_SIM", "zms-sim"), [
      "--tls-cert", at("certs/server.pem"), "--tls-key", at("certs/server.key"), "--client-ca", at("certs/ca.pem"),
      "--generate", shape, "--seed", "1", "--year", String(this.year), "--tenants", this.tenantFile, "--keys-dir", at("keys"),
    ], /listening on (\S+)/);
    this.zms = this.simulator.found[1];
    this.gap = 0;
    this.#configure();
    this.command(["moodle", "init", ...masters.flatMap((name) => ["--master", name])]);
  }

  // One connection: tenant by tenant, so that they are done one after the other.
  #configure() {
    writeFileSync(join(this.folder, "lehrgaenge.conf"), `[zms]
baseurl=${this.zms}/rest/services/moodle-services
requestdelayms=${this.gap}
connections=1
certificationpath=certs
certificate=client.pem
key=client.key
ca-file=ca.pem
[moodle]
backend=embedded
path=moodle.db
url=https://moodle.example.org
[store]
path=lehrgaenge.db
[schedule]
sync=0 3 1 1 *
[monitor]
listen=off
[web]
listen=127.0.0.1:0
[tenants]
file=${this.tenantFile}
keys-dir=keys
`, { mode: 0o600 });
  }

  // Milliseconds between requests from now on, so that there is something to watch, or nothing to wait for.
  async pace(gap) {
    const inForce = /read again and is in force/g;
    const before = this.service.said.match(inForce)?.length ?? 0;
    this.gap = gap;
    this.#configure();
    this.service.child.kill("SIGHUP");
    while ((this.service.said.match(inForce)?.length ?? 0) === before)
      await once(this.service.child.stderr, "data", { signal: AbortSignal.timeout(patience) });
  }

  async serve() {
    this.service = await start(program("LEHRGAENGE", "lehrgaenge"), ["--config", join(this.folder, "lehrgaenge.conf"), "serve"],
      /pages on (https?:\/\/\S+)/);
    this.url = this.service.found[1].replace(/\/$/, "");
  }

  // What a command printed; `codes`: how it may end.
  command(args, { input = "", codes = [0] } = {}) {
    return this.#call(program("LEHRGAENGE", "lehrgaenge"), ["--config", join(this.folder, "lehrgaenge.conf"), ...args], input, codes);
  }

  account(name, password, role, tenants = []) {
    this.command(["user", "add", name, "--role", role, ...tenants.flatMap((tenant) => ["--tenant", tenant])],
      { input: `${password}\n` });
  }

  // What may be on no page: a tenant's key.
  secret() {
    return readFileSync(join(this.folder, "keys/fd"), "utf8").trim();
  }

  // Tells the simulator to behave otherwise: zms-sim --help, "Below /__".
  control(method, path) {
    const file = (name) => readFileSync(join(this.folder, "certs", name));
    return new Promise((done, failed) => {
      const asked = request(`${this.zms}/__control${path}`,
        { method, ca: file("ca.pem"), cert: file("client.pem"), key: file("client.key") }, (answer) => {
          answer.resume();
          answer.on("end", () => (answer.statusCode < 300 ? done() : failed(new Error(`${method} ${path}: ${answer.statusCode}`))));
        });
      asked.on("error", failed);
      asked.end();
    });
  }

  #call(path, args, input = "", codes = [0]) {
    const done = spawnSync(path, args, { input, encoding: "utf8", timeout: patience });
    if (!codes.includes(done.status))
      throw new Error(`${path} ${args.join(" ")} ended with ${done.status ?? done.error}:\n${done.stdout}${done.stderr}`);
    return done.stdout;
  }

  // The service has to end as it should; its log comes back for when something failed.
  async remove() {
    const ended = await stop(this.service);
    await stop(this.simulator);
    if (existsSync(this.folder))
      rmSync(this.folder, { recursive: true, force: true });
    return { code: ended.code, log: this.service?.said ?? "" };
  }
}
