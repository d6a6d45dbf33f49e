const data = JSON.parse(document.getElementById('data').textContent);
const sources = {sites: {type: 'geojson', data: data.layers[data.layers.length - 1] || data.empty},
  area: {type: 'geojson', data: data.area}};
const layers = [{id: 'ground', type: 'background', paint: {'background-color': '#e8e8e0'}}];
if (data.picture) {
  sources.picture = {type: 'image', url: data.picture.url, coordinates: data.picture.corners};
  layers.push({id: 'picture', type: 'raster', source: 'picture'});
}
const colour = data.colours.length
  ? ['match', ['get', 'state'], ...data.colours.flat(), '#999999']
  : '#999999'; // the map of an area has no sites
layers.push({id: 'area', type: 'line', source: 'area', paint: {'line-color': '#111111', 'line-dasharray': [3, 2]}},
  {id: 'sites-fill', type: 'fill', source: 'sites', paint: {'fill-color': colour, 'fill-opacity': 0.45}},
  {id: 'sites-line', type: 'line', source: 'sites', paint: {'line-color': colour, 'line-width': 2}});
const map = new maplibregl.Map({container: 'map', bounds: data.bounds, fitBoundsOptions: {padding: 30},
  style: {version: 8, sources, layers}, attributionControl: {customAttribution: data.attribution}});
const label = document.getElementById('label'), slider = document.getElementById('period');
function show() {
  const at = Number(slider.value);
  label.textContent = data.labels[at] || '';
  const source = map.getSource('sites');
  if (source) source.setData(data.layers[at] || data.empty);
}
slider.addEventListener('input', show);
map.on('load', () => { show(); document.body.dataset.ready = 'yes'; });
map.on('click', 'sites-fill', (event) => {
  const box = document.createElement('div'), p = event.features[0].properties;
  for (const name of data.shown) {
    const row = document.createElement('div');
    row.textContent = name + ': ' + (p[name] === undefined || p[name] === null ? '–' : p[name]);
    box.append(row);
  }
  new maplibregl.Popup().setLngLat(event.lngLat).setDOMContent(box).addTo(map);
});
const legend = document.getElementById('legend');
for (const [state, c] of data.colours) {
  const entry = document.createElement('span'), patch = document.createElement('i');
  patch.style.background = c;
  entry.append(patch, state.replace('_', ' '));
  legend.append(entry);
}
