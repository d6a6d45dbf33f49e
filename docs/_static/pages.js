// A picture that is larger than the page shows it opens in its full size.
window.addEventListener("load", () => {
  for (const picture of document.querySelectorAll("article img")) {
    if (picture.closest("a") || picture.naturalWidth <= 1.2 * picture.width) continue;
    const link = document.createElement("a");
    link.href = picture.src;
    link.title = "in full size";
    picture.replaceWith(link);
    link.append(picture);
  }
});
