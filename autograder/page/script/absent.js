// In place of live.js where the website was built without npm: the buttons stay off, and a sentence says why.
for (const place of document.querySelectorAll("section.live, .live-hand-in"))
  place.querySelector(".live-status").textContent =
    "This copy of the website was built without what runs Python in a page. The chapter's notebook has this exercise, too.";
