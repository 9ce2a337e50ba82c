const LABELS = {
  sites: "Sites",
  users: "People",
  deposits: "Deposits",
  weight_received_kg: "Received (kg)",
  products_in_stock: "In stock",
  sales_total: "Sales (€)",
};

async function getJson(url) {
  const response = await fetch(url);
  if (!response.ok) {
    throw new Error(`${url} answered ${response.status}`);
  }
  return response.json();
}

function element(tag, text) {
  const node = document.createElement(tag);
  node.textContent = text;
  return node;
}

function showHealth(text, failing = false) {
  const health = document.getElementById("health");
  health.textContent = text;
  health.classList.toggle("failing", failing);
}

function showStats(stats) {
  const entries = Object.entries(LABELS).map(([key, label]) => {
    const entry = document.createElement("div");
    entry.append(element("dt", label), element("dd", stats[key]));
    return entry;
  });
  document.getElementById("stats").replaceChildren(...entries);
}

function showDeposits(deposits) {
  const rows = deposits.slice(0, 10).map((deposit) => {
    const row = document.createElement("tr");
    row.append(
      element("td", new Date(deposit.received_at).toLocaleString()),
      element("td", deposit.donor_name ?? "anonymous"),
      element("td", deposit.status),
      element("td", deposit.items.length),
    );
    return row;
  });
  document.getElementById("deposits").replaceChildren(...rows);
}

async function load() {
  const { apiUrl } = await getJson("config.json");
  await getJson(`${apiUrl}/health`);
  const [stats, deposits] = await Promise.all([
    getJson(`${apiUrl}/stats`),
    getJson(`${apiUrl}/deposits`),
  ]);
  showStats(stats);
  showDeposits(deposits);
  showHealth("All is well");
}

load().catch((error) => showHealth(`The API does not answer: ${error.message}`, true));
