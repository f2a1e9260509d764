// Loaded before the page is shown, so that it does not flash in the wrong colours.
(() => {
  const Key = 'signaling-node-demo-theme';
  const root = document.documentElement;
  const isDark = () => (root.dataset.theme ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark';
  try {
    const chosen = localStorage.getItem(Key);
    if (chosen) root.dataset.theme = chosen;
  } catch { /* no storage: the system's choice it is */ }

  addEventListener('DOMContentLoaded', () => {
    const button = document.querySelector('#theme');
    const tell = () => button.setAttribute('aria-pressed', isDark());
    button.addEventListener('click', () => {
      root.dataset.theme = isDark() ? 'light' : 'dark';
      tell();
      try {
        localStorage.setItem(Key, root.dataset.theme);
      } catch { /* for this page only, then */ }
    });
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', tell);
    tell();
  });
})();
