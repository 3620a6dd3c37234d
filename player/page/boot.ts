// Runs in every browser there ever was: written and bundled as ES5, so that the refusal itself can be read.
(function () {
  function say(words: string): void {
    var place = document.getElementById('refusal');
    if (place === null) return;
    place.removeAttribute('hidden');
    place.textContent = words;
  }

  // True of Chromium 61 and up; 67 is what is promised.
  if (!('noModule' in document.createElement('script'))) {
    document.addEventListener('DOMContentLoaded', function () {
      say('浏览器版本太旧，无法使用本页。请换用新版 Chrome、Edge、Firefox，或 360 浏览器的极速模式。');
    });
    return;
  }

  var reloads = 'yuanjiao.reloads';
  window.addEventListener(
    'error',
    function (event) {
      var target = event.target;
      if (!(target instanceof HTMLScriptElement) && !(target instanceof HTMLLinkElement)) return;
      say('页面没有加载完整，正在自动重试…如果一直这样，请检查网络后刷新页面。');
      var tries = 0;
      try {
        tries = Number(sessionStorage.getItem(reloads));
        sessionStorage.setItem(reloads, String(tries + 1));
      } catch {
        tries = 5;
      }
      setTimeout(
        function () {
          location.reload();
        },
        Math.min(60000, 2000 * Math.pow(2, tries)),
      );
    },
    true,
  );
  window.addEventListener('load', function () {
    try {
      if (document.getElementById('refusal')?.hasAttribute('hidden')) sessionStorage.removeItem(reloads);
    } catch {
      // Forbidden storage: the pause between reloads starts over, nothing else.
    }
  });
})();
