// Stands in where there is no connection: it shows one page that is kept for that, as a visitor would see it, and keeps nothing
// else. (`KEPT` is written in front by the server: that page, and the files it needs, whose names change with them.)
"use strict";

const STORE = `kept ${KEPT.page} ${KEPT.files.join(" ")}`;

self.addEventListener("install", (event) => {
  event.waitUntil(
    (async () => {
      const store = await caches.open(STORE);
      // Without cookies, so that it is nobody's page.
      await store.put(KEPT.page, await fetch(KEPT.page, { credentials: "omit", cache: "reload" }));
      await store.addAll(KEPT.files);
      await self.skipWaiting();
    })(),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      // Of this bank's alone: another on the same address keeps its own.
      const old = (await caches.keys()).filter((name) => name.startsWith(`kept ${KEPT.page} `) && name !== STORE);
      await Promise.all(old.map((name) => caches.delete(name)));
      await self.clients.claim();
    })(),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(async () => (await caches.open(STORE)).match(KEPT.page)));
  } else if (KEPT.files.includes(new URL(request.url).pathname)) {
    event.respondWith((async () => (await (await caches.open(STORE)).match(request.url)) ?? fetch(request))());
  }
});

self.addEventListener("push", (event) => {
  const { title, body, url, tag } = event.data.json();
  event.waitUntil(self.registration.showNotification(title, { body, tag, data: { url } }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(self.clients.openWindow(event.notification.data.url));
});
