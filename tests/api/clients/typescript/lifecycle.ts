// An hour of help from proposal to report, by a client made from the description alone.
import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { paths } from "./schema.js";

function given(name: string): string {
  const value = process.env[name];
  assert(value, name);
  return value;
}

function caller(key: string) {
  return createClient<paths>({ baseUrl: given("SITE"), headers: { Authorization: `Bearer ${key}` } });
}

const [giver, receiver, staff] = [given("GIVER"), given("RECEIVER"), given("STAFF")].map(caller);
assert(giver && receiver && staff);

const { data: me } = await giver.GET("/api/v1/me");
const { data: you } = await receiver.GET("/api/v1/me");
assert(me && you);

const sides = { giver: me.party, receiver: you.party, title: "Shelves put up" };
const { data: proposed } = await giver.POST("/api/v1/exchanges", { body: sides });
assert.equal(proposed?.status, "proposed");
const params = { path: { exchange_id: proposed.id } };

const agreed = await receiver.POST("/api/v1/exchanges/{exchange_id}/agreement", { params });
assert.equal(agreed.data?.status, "agreed");

const logged = await giver.POST("/api/v1/exchanges/{exchange_id}/log", {
  params,
  body: { occurred_on: given("TODAY"), minutes: "1:30" },
});
assert.equal(logged.data?.waiting_for, "receiver");

const confirmed = await receiver.POST("/api/v1/exchanges/{exchange_id}/confirmation", { params });
assert.equal(confirmed.data?.minutes, 90);

const again = await receiver.POST("/api/v1/exchanges/{exchange_id}/confirmation", { params });
assert.equal(again.error?.code, "wrong_moment");

const { data: statement } = await giver.GET("/api/v1/accounts/{account_id}/statement", {
  params: { path: { account_id: me.account_id }, query: { limit: 1 } },
});
assert.equal(statement?.items[0]?.minutes, 90);
assert.equal(statement?.items[0]?.other?.party, you.party);

const { data: report } = await staff.GET("/api/v1/reports/reciprocity", {
  params: { query: { from: given("FIRST"), to: given("TODAY") } },
});
assert(report && typeof report !== "string");
assert.equal(report.windows.length, 1);

const { data: found } = await giver.GET("/api/v1/search", { params: { query: { q: "garden" } } });
assert.equal(found?.query, "garden");

const bare = await giver.POST("/api/v1/exchanges", { body: { ...sides, receiver: "6" } });
assert.match(bare.error?.fields.receiver ?? "", /member:4/);
console.log("done");
