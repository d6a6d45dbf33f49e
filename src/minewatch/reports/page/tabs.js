/* The tabs: the run, and what it stands beside where that was asked. Without a script both are shown. */
const tabs = [...document.querySelectorAll('[role=tab]')];

function openTab(chosen, isFocused = false) {
  for (const tab of tabs) {
    const isChosen = tab === chosen;
    tab.setAttribute('aria-selected', String(isChosen));
    tab.tabIndex = isChosen ? 0 : -1;
    document.getElementById(tab.getAttribute('aria-controls')).hidden = !isChosen;
  }
  if (isFocused) chosen.focus();
}

function followTab() {
  const id = window.location.hash.slice(1);
  const panelOf = id && document.getElementById(id)?.closest('[role=tabpanel]');
  const isContext = panelOf && panelOf.id === 'context';
  openTab(tabs[isContext ? 1 : 0]);
  if (isContext) document.getElementById(id).scrollIntoView();
}

function showContextPeriod() {
  const chosen = document.getElementById('context-period').value;
  for (const row of document.querySelectorAll('#context tr[data-start]')) {
    row.hidden = chosen !== '' && row.dataset.start !== chosen;
  }
}

if (tabs.length) {
  for (const tab of tabs) tab.addEventListener('click', () => openTab(tab));
  tabs[0].parentElement.addEventListener('keydown', (event) => {
    const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
    if (!step) return;
    const at = tabs.findIndex((tab) => tab.getAttribute('aria-selected') === 'true');
    openTab(tabs[(at + step + tabs.length) % tabs.length], true);
  });
  document.getElementById('context-period').addEventListener('change', showContextPeriod);
  window.addEventListener('hashchange', followTab);
  showContextPeriod();
  followTab();
}
